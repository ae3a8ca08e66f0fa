#include "os/event_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>
#include <vector>

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

}  // namespace

Result<EventLoop> EventLoop::make(Clock clock) {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return failed("epoll_create", "", errno);
  }
  return EventLoop(std::move(epoll), std::move(clock));
}

Result<WatchId> EventLoop::add(const Fd& fd, Interest interest, IoCallback callback) {
  const std::uint64_t id = ++last_id_;
  epoll_event event{};
  event.events = epoll_events(interest);
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) < 0) {
    return failed("watch", "descriptor " + std::to_string(fd.get()), errno);
  }
  watches_.emplace(id,
                   std::make_shared<Watch>(Watch{.fd = fd.get(), .callback = std::move(callback)}));
  return WatchId{id};
}

Result<> EventLoop::modify(WatchId watch, Interest interest) {
  const auto found = watches_.find(std::to_underlying(watch));
  if (found == watches_.end()) {
    return failed("watch", "a removed watch", ENOENT);
  }
  epoll_event event{};
  event.events = epoll_events(interest);
  event.data.u64 = found->first;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, found->second->fd, &event) < 0) {
    return failed("watch", "descriptor " + std::to_string(found->second->fd), errno);
  }
  return {};
}

void EventLoop::remove(WatchId watch) {
  const auto found = watches_.find(std::to_underlying(watch));
  if (found == watches_.end()) {
    return;
  }
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second->fd, nullptr);
  watches_.erase(found);
}

TimerId EventLoop::add_timer(Instant deadline, TimerCallback callback) {
  const std::uint64_t id = ++last_id_;
  deadlines_.emplace(deadline, id);
  timers_.emplace(id, std::pair(deadline, std::move(callback)));
  return TimerId{id};
}

TimerId EventLoop::add_timer(std::chrono::nanoseconds delay, TimerCallback callback) {
  return add_timer(clock_() + delay, std::move(callback));
}

void EventLoop::cancel(TimerId timer) {
  const auto found = timers_.find(std::to_underlying(timer));
  if (found == timers_.end()) {
    return;
  }
  deadlines_.erase({found->second.first, found->first});
  timers_.erase(found);
}

int EventLoop::timeout_ms(std::chrono::milliseconds wait_max) const {
  std::int64_t wait = wait_max.count();
  if (!deadlines_.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first - clock_());
    wait = std::min(wait, left.count());
  }
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, std::numeric_limits<int>::max()));
}

std::size_t EventLoop::run_timers() {
  // What was added by a callback waits for the next turn, even if it is due: no endless turn.
  const Instant now = clock_();
  std::vector<std::uint64_t> due;
  for (const auto& [deadline, id] : deadlines_) {
    if (deadline > now) {
      break;
    }
    due.push_back(id);
  }
  std::size_t count = 0;
  for (const std::uint64_t id : due) {
    const auto found = timers_.find(id);
    if (found == timers_.end()) {
      continue;  // Cancelled by an earlier callback of this turn.
    }
    TimerCallback callback = std::move(found->second.second);
    deadlines_.erase({found->second.first, id});
    timers_.erase(found);
    callback();
    ++count;
  }
  return count;
}

Result<std::size_t> EventLoop::run_once(std::chrono::milliseconds wait_max) {
  std::array<epoll_event, events_at_once> events{};
  const int got = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               timeout_ms(wait_max));
  if (got < 0 && errno != EINTR) {
    return failed("epoll_wait", "", errno);
  }
  std::size_t count = 0;
  for (int index = 0; index < got; ++index) {
    // By value: the kernel's structure is packed, and a reference into it would not be aligned.
    const epoll_event event = events[static_cast<std::size_t>(index)];
    const std::uint64_t id = event.data.u64;
    const auto found = watches_.find(id);
    if (found == watches_.end()) {
      continue;  // Removed by an earlier callback of this turn.
    }
    // Kept alive here: the callback may remove its own watch.
    const std::shared_ptr<Watch> watch = found->second;
    watch->callback(ready_from(event.events));
    ++count;
  }
  return count + run_timers();
}

Result<> EventLoop::run() {
  is_stopped_ = false;
  while (!is_stopped_) {
    const auto turn = run_once(std::chrono::milliseconds(std::numeric_limits<int>::max()));
    if (!turn) {
      return std::unexpected(turn.error());
    }
  }
  return {};
}

}  // namespace tend::os
