#pragma once
// Timers of CLOCK_MONOTONIC: as a descriptor (timerfd_create(2)), and as a signal to one thread
// (timer_create(2) with SIGEV_THREAD_ID). Neither knows SIGALRM, of which a process has only one.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::os {

/// Close-on-exec and non-blocking, not armed.
Result<Fd> make_timer();

/// Expires at that time and then every `period`, if that is not 0. A time that has passed expires
/// at once. What had expired before is forgotten.
Result<> arm_timer(const Fd& timer, Instant first, std::chrono::nanoseconds period = {});

Result<> disarm_timer(const Fd& timer);

/// Until it expires next; 0: it is not armed.
Result<std::chrono::nanoseconds> timer_left(const Fd& timer);

/// How often it has expired since it was asked last.
Result<std::uint64_t> drain_timer(const Fd& timer);

/// A timer that sends a signal to the thread that made it, and goes with the scope.
class [[nodiscard]] ThreadTimer {
 public:
  /// EAGAIN: too many signals are pending (RLIMIT_SIGPENDING).
  static Result<ThreadTimer> make(int signal);

  ThreadTimer(ThreadTimer&& other) noexcept : timer_(std::exchange(other.timer_, -1)) {}
  ThreadTimer& operator=(ThreadTimer&&) = delete;
  ThreadTimer(const ThreadTimer&) = delete;
  ThreadTimer& operator=(const ThreadTimer&) = delete;
  ~ThreadTimer() { remove(); }

  Result<> arm(std::chrono::nanoseconds after, std::chrono::nanoseconds period);
  void remove() noexcept;

 private:
  explicit ThreadTimer(int timer) noexcept : timer_(timer) {}

  int timer_;  ///< The kernel's number; -1: none.
};

}  // namespace tend::os
