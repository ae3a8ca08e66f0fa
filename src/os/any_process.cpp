#include "os/any_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "base/try.hpp"
#include "os/pause.hpp"
#include "os/pidfd.hpp"
#include "os/poll.hpp"
#include "os/procfs.hpp"

namespace tend::os {

namespace {

constexpr std::chrono::milliseconds look_first{1};
constexpr std::chrono::milliseconds look_at_most{50};

std::optional<ExitStatus> status_of_own_zombie(const Fd& pidfd) {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  return ExitStatus::from_waitid(info.si_code, info.si_status);
}

/// Whether the kernel has PIDFD_GET_INFO (Linux 6.13): the first published form of its structure is
/// 64 bytes long.
bool has_pidfd_info(const Fd& pidfd) {
  constexpr unsigned long pidfd_get_info = _IOC(_IOC_READ | _IOC_WRITE, 0xFFU, 11U, 64U);
  std::array<std::uint64_t, 8> info{};
  return ::ioctl(pidfd.get(), pidfd_get_info, info.data()) == 0 || errno == ESRCH;
}

/// A pidfd hangs up when its process has been reaped (Linux 6.9).
void wait_for_reap(const Fd& pidfd, Instant deadline) {
  pollfd entry{.fd = pidfd.get(), .events = 0, .revents = 0};
  while (::poll(&entry, 1, poll_timeout_ms(deadline)) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::optional<ExitStatus> status_of_any_ended(const Fd& pidfd, Instant deadline) {
  auto status = status_of_own_zombie(pidfd);
  if (!status) {
    status = exit_status_of(pidfd);
  }
  if (!status && has_pidfd_info(pidfd)) {
    wait_for_reap(pidfd, deadline);
    status = exit_status_of(pidfd);
  }
  return status;
}

Result<bool> has_exited(const NumberedProcess& process) {
  const auto stat = read_proc_stat(process.pid);
  if (!stat) {
    return is_gone(stat.error()) ? Result<bool>(true) : std::unexpected(stat.error());
  }
  return stat->is_zombie() || stat->start_ticks != process.start_ticks;
}

Result<> send_signal(const NumberedProcess& process, int number) {
  if (TEND_TRY(has_exited(process))) {
    return failed("signal", "process " + std::to_string(process.pid), ESRCH);
  }
  if (::kill(process.pid, number) != 0) {
    return failed("signal", "process " + std::to_string(process.pid), errno);
  }
  return {};
}

Result<bool> wait_for_exit(const NumberedProcess& process, std::optional<Instant> deadline) {
  std::chrono::nanoseconds pause = look_first;
  while (!TEND_TRY(has_exited(process))) {
    const Instant now = monotonic_now();
    if (deadline && now >= *deadline) {
      return false;
    }
    pause_for(deadline ? std::min(pause, *deadline - now) : pause);
    pause = std::min<std::chrono::nanoseconds>(pause * 2, look_at_most);
  }
  return true;
}

}  // namespace tend::os
