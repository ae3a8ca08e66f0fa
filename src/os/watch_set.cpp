#include "os/watch_set.hpp"

#include <sys/epoll.h>

#include <cerrno>

#include "os/poll.hpp"

namespace tend::os {

Result<Fd> make_watch_set() {
  Fd set(::epoll_create1(EPOLL_CLOEXEC));
  if (!set) {
    return failed("open", "epoll", errno);
  }
  return set;
}

Result<> add_to_watch_set(const Fd& set, int number, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  if (::epoll_ctl(set.get(), EPOLL_CTL_ADD, number, &event) != 0) {
    return failed("watch", "descriptor " + std::to_string(number), errno);
  }
  return {};
}

void remove_from_watch_set(const Fd& set, int number) noexcept {
  ::epoll_ctl(set.get(), EPOLL_CTL_DEL, number, nullptr);
}

Result<std::optional<std::uint64_t>> wait_watch_set(const Fd& set,
                                                    std::optional<Instant> deadline) {
  while (true) {
    epoll_event event{};
    const int ready = ::epoll_wait(set.get(), &event, 1, poll_timeout_ms(deadline));
    if (ready > 0) {
      return std::uint64_t{event.data.u64};
    }
    if (ready == 0) {
      return std::nullopt;
    }
    if (errno != EINTR) {
      return failed("wait", "epoll", errno);
    }
  }
}

}  // namespace tend::os
