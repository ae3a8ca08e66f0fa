// The director's part of an upgrade in place: it opens the new programs and tells the keeper. It
// does not live to see the end of it, unless it fails.

#include <system_error>
#include <utility>

#include "service/director/director.hpp"

namespace tend::service {

void Director::upgrade(ClientId client, const Request& request) {
  auto program = world_.open_program(request.tend);
  auto keeper = world_.open_program(request.keeper);
  if (!program || !keeper) {
    const Error& error = !program ? program.error() : keeper.error();
    clients_->finish(client, {.code = 1, .message = error.message()});
    return;
  }
  if (is_going_down() || upgrade_client_) {
    const char* why = upgrade_client_ ? "an upgrade is under way" : "the project is being stopped";
    clients_->finish(client, {.code = 1, .message = why});
    return;
  }
  upgrade_client_ = client;
  keeper_->store(StoredKind::next_program, no_record, 0, *std::move(program));
  keeper_->store(StoredKind::next_keeper, no_record, 0, *std::move(keeper));
  keeper_->upgrade();
}

void Director::note_upgrade_failed(int code) {
  if (const auto client = std::exchange(upgrade_client_, std::nullopt)) {
    clients_->finish(*client, {.code = 1,
                               .message = "the keeper could not become the new program: " +
                                          std::generic_category().message(code)});
  }
}

}  // namespace tend::service
