#include "os/event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/try.hpp"

namespace tend::os {

namespace {

constexpr std::size_t events_at_once = 128;

}  // namespace

Result<EventLoop> EventLoop::make(Clock clock) {
  return EventLoop(TEND_TRY(make_epoll()), std::move(clock));
}

Result<WatchId> EventLoop::add(const Fd& fd, Interest interest, IoCallback callback) {
  const std::uint64_t id = ++last_id_;
  TEND_TRY(poller_->add(fd.get(), id, interest));
  watches_.emplace(id,
                   std::make_shared<Watch>(Watch{.fd = fd.get(), .callback = std::move(callback)}));
  return WatchId{id};
}

Result<> EventLoop::modify(WatchId watch, Interest interest) {
  const auto found = watches_.find(std::to_underlying(watch));
  if (found == watches_.end()) {
    return failed("watch", "a removed watch", ENOENT);
  }
  return poller_->modify(found->second->fd, found->first, interest);
}

void EventLoop::remove(WatchId watch) {
  const auto found = watches_.find(std::to_underlying(watch));
  if (found == watches_.end()) {
    return;
  }
  poller_->remove(found->second->fd);
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

std::chrono::milliseconds EventLoop::wait_at_most(std::chrono::milliseconds wait_max) const {
  using std::chrono::milliseconds;
  constexpr milliseconds longest(std::numeric_limits<int>::max());  // What epoll_wait(2) takes.
  if (!deadlines_.empty()) {
    const auto left = std::chrono::ceil<milliseconds>(deadlines_.begin()->first - clock_());
    wait_max = std::min(wait_max, left);
  }
  return std::clamp(wait_max, milliseconds(0), longest);
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
  std::array<Poller::Event, events_at_once> events{};
  const std::size_t got = TEND_TRY(poller_->wait(events, wait_at_most(wait_max)));
  std::size_t count = 0;
  for (const Poller::Event& event : std::span(events).first(got)) {
    const auto found = watches_.find(event.id);
    if (found == watches_.end()) {
      continue;  // Removed by an earlier callback of this turn.
    }
    // Kept alive here: the callback may remove its own watch.
    const std::shared_ptr<Watch> watch = found->second;
    watch->callback(event.ready);
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
