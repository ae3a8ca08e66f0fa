#include "service/recorder/recorder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/pipe.hpp"
#include "os/signals.hpp"
#include "os/splice.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/recorder/mover.hpp"
#include "service/recorder/recorder_loop.hpp"
#include "service/state_file.hpp"

namespace tend::service {

namespace {

/// A descriptor inherited under the number that the state file tells.
struct Inherited {
  Stored entry{};
  os::Fd fd{};
};

/// All but the state file, which has come as an argument.
bool is_for_recorder(StoredKind kind) {
  return kind != StoredKind::state_file && keeper::is_for(kind, keeper::Helper::recorder);
}

/// Takes what is ours of the stored descriptors. Pipes that the keeper stored after it started us
/// come by message; the number in their entry may mean anything here.
std::vector<Inherited> take_inherited(const StateFile& state) {
  std::vector<Inherited> taken;
  for (const Stored& shared : state.stored()) {
    Stored entry{};
    entry.kind = load_shared(shared.kind);
    entry.record = shared.record;
    entry.run = shared.run;
    entry.fd = shared.fd;
    entry.passed = shared.passed;
    const bool is_same = load_shared(shared.kind) == entry.kind && shared.fd == entry.fd;
    const bool is_ours = is_for_recorder(entry.kind) && entry.passed == Passed::by_exec;
    if (is_ours && is_same && os::is_open_descriptor(entry.fd)) {
      taken.push_back({.entry = entry, .fd = os::Fd(entry.fd)});
    }
  }
  return taken;
}

/// The one of this kind; closed if it is not there.
os::Fd take_only(std::vector<Inherited>& inherited, StoredKind kind) {
  for (Inherited& one : inherited) {
    if (one.entry.kind == kind) {
      return std::move(one.fd);
    }
  }
  return {};
}

os::Pipe take_staging(std::vector<Inherited>& inherited) {
  os::Pipe staging{.read = take_only(inherited, StoredKind::staging_read),
                   .write = take_only(inherited, StoredKind::staging_write)};
  // So that it holds what the biggest log pipe gives at once; a refusal only means more turns.
  static_cast<void>(os::resize_pipe(staging.write, PipeBudget::grown_bytes));
  return staging;
}

/// A terminal's or an init system's signals are for the keeper, who says when it is time to finish.
Result<> ignore_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    TEND_TRY(os::ignore_signal(number));
  }
  return os::ignore_write_signals();
}

Result<> record(int state_fd, int socket_fd) {
  os::Fd keeper(socket_fd);
  StateFile state = TEND_TRY(StateFile::map(os::Fd(state_fd)));
  std::vector<Inherited> inherited = take_inherited(state);
  TEND_TRY(ignore_signals());
  os::set_process_name(keeper::recorder_name);
  static_cast<void>(os::raise_descriptor_limit());
  TEND_TRY(os::set_nonblocking(keeper, os::Blocking::no));

  const ProjectSpec project = TEND_TRY(state.project());
  StateView view{};
  if (look_into(state.bytes().data(), state.bytes().size(), view) != StateFault::none ||
      project.services.size() != state.count()) {
    return refused("read", "state file", "the services and the records do not match");
  }
  os::Pipe staging = take_staging(inherited);
  if (!staging.read || !staging.write) {
    return refused("start", "recorder", "there is no staging pipe");
  }

  Mover mover(project, std::move(staging), view.header->recorder,
              std::span(view.dropped, state.count()));
  RecorderLoop loop(TEND_TRY(os::EventLoop::make()), std::move(keeper),
                    take_only(inherited, StoredKind::handover_socket), mover, state,
                    PipeBudget(os::user_pipe_bytes_soft()));
  for (Inherited& one : inherited) {
    if (one.fd.is_open()) {
      loop.take(one.entry.kind, one.entry.record, one.entry.run, std::move(one.fd));
    }
  }
  return loop.run();
}

}  // namespace

int recorder_main(int state_fd, int socket_fd) {
  const auto recorded = record(state_fd, socket_fd);
  if (!recorded) {
    const std::string text = "tend-recorder: " + recorded.error().message() + "\n";
    static_cast<void>(os::write_some(os::Fd(STDERR_FILENO), text));
    return 1;
  }
  return 0;
}

}  // namespace tend::service
