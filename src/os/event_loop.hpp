#pragma once
// EventLoop: a Poller, level triggered, one thread, with one-shot timers. It turns events into
// callbacks and decides nothing. Poller and clock are values, so that tests can bring their own.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/poller.hpp"

namespace tend::os {

/// Handles are never reused, so a late event of a removed watch or timer hits nobody.
enum class WatchId : std::uint64_t { none = 0 };
enum class TimerId : std::uint64_t { none = 0 };

class EventLoop {
 public:
  using IoCallback = std::move_only_function<void(Ready)>;
  using TimerCallback = std::move_only_function<void()>;
  using Clock = std::function<Instant()>;

  /// On epoll(7).
  static Result<EventLoop> make(Clock clock = monotonic_now);

  EventLoop(std::unique_ptr<Poller> poller, Clock clock)
      : poller_(std::move(poller)), clock_(std::move(clock)) {}

  EventLoop(EventLoop&&) noexcept = default;
  EventLoop& operator=(EventLoop&&) noexcept = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() = default;

  /// Calls back as long as the descriptor is ready. The descriptor stays the caller's; remove the
  /// watch before closing it. Regular files give EPERM (epoll_ctl(2)).
  Result<WatchId> add(const Fd& fd, Interest interest, IoCallback callback);

  Result<> modify(WatchId watch, Interest interest);

  /// After this the callback is not called any more, also not for an event already fetched. A watch
  /// that is gone already is left alone. May be called from any callback.
  void remove(WatchId watch);

  /// Calls back once, at or after the deadline, rounded up to 1 ms of waiting.
  TimerId add_timer(Instant deadline, TimerCallback callback);
  TimerId add_timer(std::chrono::nanoseconds delay, TimerCallback callback);

  void cancel(TimerId timer);

  /// Until stop().
  Result<> run();

  /// Waits for events at most this long (or until the next timer), then calls back what is due.
  /// The number of callbacks made.
  Result<std::size_t> run_once(std::chrono::milliseconds wait_max);

  void stop() noexcept { is_stopped_ = true; }

  [[nodiscard]] Instant now() const { return clock_(); }
  [[nodiscard]] std::size_t watch_count() const noexcept { return watches_.size(); }
  [[nodiscard]] std::size_t timer_count() const noexcept { return timers_.size(); }

 private:
  struct Watch {
    int fd = -1;
    IoCallback callback{};
  };

  [[nodiscard]] std::chrono::milliseconds wait_at_most(std::chrono::milliseconds wait_max) const;
  std::size_t run_timers();

  std::unique_ptr<Poller> poller_;
  Clock clock_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Watch>> watches_{};
  std::set<std::pair<Instant, std::uint64_t>> deadlines_{};
  std::unordered_map<std::uint64_t, std::pair<Instant, TimerCallback>> timers_{};
  std::uint64_t last_id_ = 0;
  bool is_stopped_ = false;
};

}  // namespace tend::os
