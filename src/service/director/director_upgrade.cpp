// The director's part of an upgrade in place: it opens the new programs and tells the keeper. It
// does not live to see the end of it, unless it fails.

#include <fcntl.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "os/files.hpp"
#include "service/director/director.hpp"

namespace tend::service {

namespace {

/// For execveat(2); a script cannot be executed by a descriptor that closes on exec.
Result<os::Fd> open_program(const std::string& path) { return os::open_file(path, O_PATH); }

}  // namespace

void Director::upgrade(ClientId client, const Request& request) {
  auto program = open_program(request.tend);
  auto keeper = open_program(request.keeper);
  if (!program || !keeper) {
    const Error& error = !program ? program.error() : keeper.error();
    control_->finish(client, {.code = 1, .message = error.message()});
    return;
  }
  if (is_going_down() || upgrade_client_) {
    const char* why = upgrade_client_ ? "an upgrade is under way" : "the project is being stopped";
    control_->finish(client, {.code = 1, .message = why});
    return;
  }
  upgrade_client_ = client;
  keeper_->store(StoredKind::next_program, no_record, 0, *std::move(program));
  keeper_->store(StoredKind::next_keeper, no_record, 0, *std::move(keeper));
  keeper_->upgrade();
}

void Director::note_upgrade_failed(int code) {
  if (const auto client = std::exchange(upgrade_client_, std::nullopt)) {
    control_->finish(*client, {.code = 1,
                               .message = "the keeper could not become the new program: " +
                                          std::generic_category().message(code)});
  }
}

}  // namespace tend::service
