#include "os/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace tend {

void Fd::reset() noexcept {
  if (number_ < 0) {
    return;
  }
  const int saved = errno;
  ::close(std::exchange(number_, -1));
  errno = saved;
}

namespace os {

bool is_open_descriptor(int number) noexcept { return ::fcntl(number, F_GETFD) >= 0; }

bool is_inheritable(int number) noexcept { return ::fcntl(number, F_GETFD) == 0; }

Result<Fd> duplicate(const Fd& fd) { return duplicate_at_least(fd, 0); }

Result<Fd> duplicate_at_least(const Fd& fd, int lowest) {
  const int number = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, lowest);
  if (number < 0) {
    return failed("duplicate", "descriptor " + std::to_string(fd.get()), errno);
  }
  return Fd(number);
}

Result<void> set_nonblocking(const Fd& fd, Blocking blocking) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0) {
    return failed("fcntl", "descriptor " + std::to_string(fd.get()), errno);
  }
  const int wanted = blocking == Blocking::no ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted != flags && ::fcntl(fd.get(), F_SETFL, wanted) < 0) {
    return failed("fcntl", "descriptor " + std::to_string(fd.get()), errno);
  }
  return {};
}

Result<void> set_inheritable(const Fd& fd, Inheritable inheritable) {
  const int flags = inheritable == Inheritable::yes ? 0 : FD_CLOEXEC;
  if (::fcntl(fd.get(), F_SETFD, flags) < 0) {
    return failed("fcntl", "descriptor " + std::to_string(fd.get()), errno);
  }
  return {};
}

}  // namespace os

}  // namespace tend
