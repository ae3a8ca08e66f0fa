#include "os/pidfd.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/poll.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

// linux/pidfd.h of 6.15; the first published form of the structure is 64 bytes long.
struct PidfdInfo {
  std::uint64_t mask = 0;
  std::uint64_t cgroupid = 0;
  std::uint32_t pid = 0;
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::uint32_t ids[8] = {};
  std::int32_t exit_code = 0;
};
static_assert(sizeof(PidfdInfo) == 64);

constexpr unsigned long pidfd_get_info = _IOWR(0xFF, 11, PidfdInfo);
constexpr std::uint64_t pidfd_info_exit = 1U << 3U;

std::string subject(const Fd& pidfd) { return "pidfd " + std::to_string(pidfd.get()); }

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U +
         static_cast<std::uint64_t>(time.tv_usec);
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
  if (result < 0) {
    return failed("signal", subject(pidfd), static_cast<int>(-result));
  }
  return {};
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
  siginfo_t info{};
  rusage usage{};
  const int options = WEXITED | (waiting == Waiting::yes ? 0 : WNOHANG);
  while (true) {
    // Raw, because libc's waitid has no rusage argument. __WALL: a child cloned with exit signal 0
    // counts too.
    const long result =
        raw::syscall(__NR_waitid, P_PIDFD, pidfd.get(), &info, options | __WALL, &usage);
    if (result == 0) {
      break;
    }
    if (result != -EINTR) {
      return failed("wait", subject(pidfd), static_cast<int>(-result));
    }
  }
  if (info.si_pid == 0) {
    return std::nullopt;
  }
  return Reaped{.status = ExitStatus::from_waitid(info.si_code, info.si_status),
                .usage = Usage{.user_us = microseconds(usage.ru_utime),
                               .system_us = microseconds(usage.ru_stime),
                               .max_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss)}};
}

std::optional<ExitStatus> exit_status_of(const Fd& pidfd) {
  PidfdInfo info{.mask = pidfd_info_exit};
  if (::ioctl(pidfd.get(), pidfd_get_info, &info) < 0 || (info.mask & pidfd_info_exit) == 0) {
    return std::nullopt;
  }
  return ExitStatus::from_wait_status(info.exit_code);
}

}  // namespace tend::os
