#include "os/guarded_call.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/readable.hpp"

namespace tend::os {

namespace {

/// A crash is expected here: nobody is to see its traces.
void make_quiet() {
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, STDERR_FILENO);
  }
}

[[noreturn]] void try_out(const std::function<void()>& call, const Fd& survived) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  make_quiet();
  try {
    call();
  } catch (...) {
    _exit(1);
  }
  // Without a reader this is SIGPIPE, which is as good an end as any.
  const bool is_told = write_all(survived, "y").has_value();
  _exit(is_told ? 0 : 1);
}

/// ECHILD means that this process ignores SIGCHLD, and the kernel has reaped it.
void reap_child(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<GuardedEnd> guarded_call(const std::function<void()>& call,
                                std::chrono::milliseconds limit) {
  Pipe pipe = TEND_TRY(make_pipe());
  const pid_t pid = fork();
  if (pid < 0) {
    return failed("fork", "", errno);
  }
  if (pid == 0) {
    try_out(call, pipe.write);
  }
  pipe.write.reset();
  // Opened before any wait for the child, which is therefore at most a zombie.
  const auto pidfd = open_pidfd(pid);
  const auto in_time = wait_readable(pipe.read, monotonic_now() + limit);
  if (!in_time || !*in_time) {
    if (pidfd) {
      static_cast<void>(send_signal(*pidfd, SIGKILL));
    } else {
      kill(pid, SIGKILL);
    }
    reap_child(pid);
    return in_time ? Result<GuardedEnd>(GuardedEnd::too_slow) : std::unexpected(in_time.error());
  }
  std::array<char, 1> answer{};
  const auto count = read_some(pipe.read, answer);
  reap_child(pid);
  return count && *count == 1 ? GuardedEnd::survived : GuardedEnd::crashed;
}

}  // namespace tend::os
