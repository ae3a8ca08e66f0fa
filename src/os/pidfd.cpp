#include "os/pidfd.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/numbered_process.hpp"
#include "os/pidfd_info.hpp"
#include "os/poll.hpp"
#include "os/raw/syscall.hpp"
#include "os/wait_status.hpp"

namespace tend::os {

namespace {

std::string subject(const Fd& pidfd) { return "pidfd " + std::to_string(pidfd.get()); }

/// Who reaps takes the status first and lets go of the process a moment later (POLLHUP, Linux 6.9);
/// the kernel tells the status only after that.
void wait_until_reaped(const Fd& pidfd) {
  constexpr int patience_ms = 100;
  pollfd entry{.fd = pidfd.get(), .events = 0, .revents = 0};
  static_cast<void>(::poll(&entry, 1, patience_ms));
}

/// What a call with a pidfd says where the descriptor only stands in for one, or where a sandbox
/// refuses the call. The answers of numbered_process.hpp are then the better ones.
bool may_be_stand_in(int code) { return code == EBADF || code == ENOSYS; }

/// Nor is it known from these whether it was the sandbox or the kernel that said no.
bool may_be_refusal(int code) { return code == EPERM || code == EINVAL; }

/// Whether the child is to be reached by its number.
bool goes_by_number(const Fd& pidfd, int code) {
  return may_be_stand_in(code) || (may_be_refusal(code) && bound_process(pidfd));
}

}  // namespace

Result<Fd> open_pidfd(std::int32_t pid) {
  // The kernel sets close-on-exec on every pidfd.
  const long number = raw::syscall(__NR_pidfd_open, pid, 0);
  if (number < 0) {
    return failed("open", "process " + std::to_string(pid), static_cast<int>(-number));
  }
  return Fd(static_cast<int>(number));
}

Result<std::int32_t> pid_of(const Fd& pidfd) {
  if (const auto bound = bound_process(pidfd)) {
    return *bound;
  }
  const std::string text =
      TEND_TRY(read_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()), 4096));
  constexpr std::string_view key = "\nPid:\t";
  const std::size_t at = text.find(key);
  std::int32_t pid = -1;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at + key.size(), text.data() + text.size(), pid).ec !=
          std::errc{}) {
    return refused("read", subject(pidfd), "not a pidfd");
  }
  return pid;
}

Result<> send_signal(const Fd& pidfd, int number) {
  const long result = raw::syscall(__NR_pidfd_send_signal, pidfd.get(), number, nullptr, 0);
  if (result >= 0) {
    return {};
  }
  const int code = static_cast<int>(-result);
  if (goes_by_number(pidfd, code)) {
    return signal_by_number(pidfd, number);
  }
  return failed("signal", subject(pidfd), code);
}

Result<bool> wait_for_exit(const Fd& pidfd, std::optional<Instant> deadline) {
  while (true) {
    pollfd entry{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&entry, 1, poll_timeout_ms(deadline));
    if (ready > 0) {
      if ((entry.revents & POLLNVAL) != 0) {
        return failed("wait", subject(pidfd), EBADF);
      }
      return true;
    }
    if (ready == 0) {
      return false;
    }
    if (errno != EINTR) {
      return failed("wait", subject(pidfd), errno);
    }
  }
}

Result<std::optional<Reaped>> reap(const Fd& pidfd, Waiting waiting) {
  auto reaped = wait_status(P_PIDFD, pidfd.get(), waiting, Leave::reaped);
  if (!reaped && goes_by_number(pidfd, reaped.error().code)) {
    reaped = reap_by_number(pidfd, waiting);
  }
  if (!reaped) {
    reaped.error().subject = subject(pidfd);
  }
  return reaped;
}

std::expected<PidfdInfo, int> pidfd_info(const Fd& pidfd, std::uint64_t mask) {
  constexpr unsigned long get_info = _IOWR(0xFF, 11, PidfdInfo);
  PidfdInfo info{.mask = mask};
  if (::ioctl(pidfd.get(), get_info, &info) < 0) {
    return std::unexpected(errno);
  }
  return info;
}

std::optional<ExitStatus> status_before_reaping(const Fd& pidfd) {
  auto looked = wait_status(P_PIDFD, pidfd.get(), Waiting::no, Leave::unreaped);
  if (!looked && goes_by_number(pidfd, looked.error().code)) {
    const auto pid = bound_process(pidfd);
    looked = pid ? wait_status(P_PID, *pid, Waiting::no, Leave::unreaped) : std::nullopt;
  }
  return looked && *looked ? std::optional((*looked)->status) : std::nullopt;
}

std::optional<ExitStatus> exit_status_of(const Fd& pidfd) {
  wait_until_reaped(pidfd);
  const auto info = pidfd_info(pidfd, PidfdInfo::has_exit);
  if (!info || !info->has(PidfdInfo::has_exit)) {
    return std::nullopt;
  }
  return ExitStatus::from_wait_status(info->exit_code);
}

}  // namespace tend::os
