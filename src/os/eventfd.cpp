#include "os/eventfd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace tend::os {

Result<Fd> make_eventfd() {
  Fd made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!made) {
    return failed("eventfd", "", errno);
  }
  return made;
}

Result<> signal_eventfd(const Fd& eventfd) {
  const std::uint64_t one = 1;
  while (::write(eventfd.get(), &one, sizeof one) < 0) {
    if (errno == EAGAIN) {
      return {};
    }
    if (errno != EINTR) {
      return failed("signal", "eventfd", errno);
    }
  }
  return {};
}

Result<std::uint64_t> drain_eventfd(const Fd& eventfd) {
  std::uint64_t count = 0;
  while (::read(eventfd.get(), &count, sizeof count) < 0) {
    if (errno == EAGAIN) {
      return 0;
    }
    if (errno != EINTR) {
      return failed("read", "eventfd", errno);
    }
  }
  return count;
}

}  // namespace tend::os
