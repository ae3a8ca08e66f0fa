// epoll(7) as a Poller.

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "os/fd.hpp"
#include "os/poller.hpp"

namespace tend::os {

namespace {

constexpr std::size_t events_at_once = 128;

std::uint32_t epoll_events(Interest interest) {
  switch (interest) {
    case Interest::none: return 0;
    case Interest::read: return EPOLLIN;
    case Interest::write: return EPOLLOUT;
    case Interest::read_write: return EPOLLIN | EPOLLOUT;
  }
  return 0;
}

Ready ready_from(std::uint32_t events) {
  return Ready{
      .is_readable = (events & EPOLLIN) != 0,
      .is_writable = (events & EPOLLOUT) != 0,
      .is_hung_up = (events & (EPOLLHUP | EPOLLRDHUP)) != 0,
      .has_error = (events & EPOLLERR) != 0,
  };
}

class Epoll final : public Poller {
 public:
  explicit Epoll(Fd epoll) : epoll_(std::move(epoll)) {}

  Result<> add(int fd, std::uint64_t id, Interest interest) override {
    return control(EPOLL_CTL_ADD, fd, id, interest);
  }

  Result<> modify(int fd, std::uint64_t id, Interest interest) override {
    return control(EPOLL_CTL_MOD, fd, id, interest);
  }

  void remove(int fd) override { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

  Result<std::size_t> wait(std::span<Event> events, std::chrono::milliseconds at_most) override {
    std::array<epoll_event, events_at_once> got{};
    const std::size_t room = std::min(events.size(), got.size());
    const int count = ::epoll_wait(epoll_.get(), got.data(), static_cast<int>(room),
                                   static_cast<int>(at_most.count()));
    if (count < 0 && errno != EINTR) {
      return failed("epoll_wait", "", errno);
    }
    for (int index = 0; index < count; ++index) {
      const auto at = static_cast<std::size_t>(index);
      // By value: the kernel's structure is packed, and a reference into it would not be aligned.
      const epoll_event event = got[at];
      events[at] = {.id = event.data.u64, .ready = ready_from(event.events)};
    }
    return static_cast<std::size_t>(std::max(count, 0));
  }

 private:
  Result<> control(int operation, int fd, std::uint64_t id, Interest interest) {
    epoll_event event{};
    event.events = epoll_events(interest);
    event.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) < 0) {
      return failed("watch", "descriptor " + std::to_string(fd), errno);
    }
    return {};
  }

  Fd epoll_;
};

}  // namespace

Result<std::unique_ptr<Poller>> make_epoll() {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return failed("epoll_create", "", errno);
  }
  return std::make_unique<Epoll>(std::move(epoll));
}

}  // namespace tend::os
