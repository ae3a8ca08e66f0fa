#include "os/wait_status.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>

#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

Result<std::optional<Reaped>> wait_status(int kind, std::int32_t id, Waiting waiting, Leave leave) {
  const int options = WEXITED | __WALL | (waiting == Waiting::yes ? 0 : WNOHANG) |
                      (leave == Leave::unreaped ? WNOWAIT : 0);
  siginfo_t info{};
  rusage usage{};
  long result = 0;
  // Raw, because libc's waitid has no rusage argument.
  while ((result = raw::syscall(__NR_waitid, kind, id, &info, options, &usage)) == -EINTR) {
  }
  if (result != 0) {
    return failed("wait", "", static_cast<int>(-result));
  }
  if (info.si_pid == 0) {
    return std::nullopt;
  }
  return Reaped{.status = ExitStatus::from_waitid(info.si_code, info.si_status),
                .usage = Usage{.user_us = microseconds(usage.ru_utime),
                               .system_us = microseconds(usage.ru_stime),
                               .max_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss)}};
}

}  // namespace tend::os
