#include "service/keeper/helper_process.hpp"

#include <errno.h>
#include <sys/prctl.h>

#include "os/raw/calls.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/keeper/say.hpp"

namespace tend::service::keeper {

namespace raw = os::raw;

namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t good_life_ns = 1'000 * ms;
constexpr std::uint64_t pause_first_ns = 50 * ms;
constexpr std::uint64_t pause_max_ns = 2'000 * ms;

/// The child: becomes the helper, or ends with the errno as exit code.
[[noreturn]] void become(const HelperProcess& helper, const StateView& view, int socket,
                         long keeper_pid, char* const* environment) noexcept {
  if (helper.which == Helper::director) {
    // The director decides for a keeper that lives; the recorder outlives it (prctl(2)).
    raw::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (raw::getppid() != keeper_pid) {
      raw::exit_process(1);
    }
  }
  // A session of its own: signals of a terminal, or to the keeper's group, do not reach it.
  raw::setsid();
  pass_on(view, helper.which);
  raw::fcntl(socket, F_SETFD, 0);
  raw::set_signal_mask(0);

  char name[] = "tend-director";
  char other_name[] = "tend-recorder";
  char state_buffer[24];
  char socket_buffer[24];
  char* arguments[] = {helper.which == Helper::director ? name : other_name,
                       digits_of(stored_fd(view, StoredKind::state_file), state_buffer),
                       digits_of(socket, socket_buffer), nullptr};
  const long result = raw::exec_fd(stored_fd(view, StoredKind::program), arguments, environment);
  raw::exit_process(static_cast<int>(-result));
}

/// Where its pid is told. The kernel writes it there: whoever reads it after our death knows
/// whether there is such a process.
std::int32_t& pid_place(const HelperProcess& helper, const StateView& view) noexcept {
  KeeperPart& part = view.header->keeper;
  return helper.which == Helper::director ? part.director_pid : part.recorder_pid;
}

void count_start(const HelperProcess& helper, const StateView& view) noexcept {
  KeeperPart& part = view.header->keeper;
  ++(helper.which == Helper::director ? part.director_starts : part.recorder_starts);
}

}  // namespace

void start(HelperProcess& helper, const StateView& view, char* const* environment) noexcept {
  helper.started_ns = raw::monotonic_ns();
  if (helper.which == Helper::recorder) {
    mark_passed_by_exec(view);
  }
  int pair[2] = {-1, -1};
  long result = raw::socketpair(SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, pair);
  if (result == 0) {
    const long keeper_pid = raw::getpid();
    result = raw::fork_process(&pid_place(helper, view));
    if (result == 0) {
      become(helper, view, pair[1], keeper_pid, environment);
    }
    raw::close(pair[1]);
    if (result < 0) {
      raw::close(pair[0]);
    }
  }
  if (result < 0) {
    say("cannot start a helper process; trying again. errno ", -result);
    note_end(helper, helper.started_ns);
    return;
  }
  helper.pid = static_cast<int>(result);
  helper.socket = pair[0];
  count_start(helper, view);
}

void note_end(HelperProcess& helper, std::uint64_t now_ns) noexcept {
  helper.pid = 0;
  if (now_ns - helper.started_ns >= good_life_ns) {
    helper.short_lives = 0;
    helper.start_at_ns = now_ns;
    return;
  }
  // The first short life is forgiven; from the second on the pause doubles.
  std::uint64_t pause = helper.short_lives == 0 ? 0 : pause_first_ns;
  for (std::uint32_t i = 1; i < helper.short_lives && pause < pause_max_ns; ++i) {
    pause *= 2;
  }
  helper.start_at_ns = now_ns + (pause < pause_max_ns ? pause : pause_max_ns);
  ++helper.short_lives;
}

}  // namespace tend::service::keeper
