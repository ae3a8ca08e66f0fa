#pragma once
// Alarms: a time limit for a scope, disarmed however the scope is left. Any number at once, in any
// thread; none of them uses SIGALRM, of which a process has only one (alarm(2), setitimer(2)).
//
//   Alarm            something to poll: for loops that wait for descriptors anyway
//   CallAlarm        calls a function, in a thread of its own
//   InterruptAlarm   makes a blocking system call of this thread fail with EINTR

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/signal_table.hpp>
#include <tend/until.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace tend {

/// A time as a descriptor that becomes readable (timerfd_create(2), CLOCK_MONOTONIC: it neither
/// jumps with the wall clock nor runs while the machine is suspended).
class Alarm {
 public:
  /// Expires once. Nothing or less: at once. Errors: EMFILE.
  static Result<Alarm> after(std::chrono::nanoseconds time);
  static Result<Alarm> at(std::chrono::steady_clock::time_point point);

  /// Expires again and again. The period must be more than nothing (EINVAL).
  static Result<Alarm> every(std::chrono::nanoseconds period);

  /// Readable once it has expired, until expirations() has told.
  [[nodiscard]] const Fd& fd() const { return fd_; }

  /// How often it has expired since it was asked last, waiting for the first of them; 0: not in
  /// this time.
  Result<std::uint64_t> expirations(Until until = std::chrono::seconds(0));

  /// From now on as if made anew by after().
  Result<> rearm(std::chrono::nanoseconds time);

  /// It does not expire any more; what has expired is forgotten.
  Result<> disarm();

  /// Until it expires next; nothing: it is not armed, or it has expired.
  [[nodiscard]] Result<std::chrono::nanoseconds> left() const;

 private:
  explicit Alarm(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

/// Calls a function once when the time is over, unless it is dropped before.
class CallAlarm {
 public:
  /// The function runs in a thread of this alarm, with every signal blocked; it must not throw.
  /// Errors: EAGAIN, EMFILE.
  static Result<CallAlarm> after(std::chrono::nanoseconds time, std::function<void()> function);

  CallAlarm(CallAlarm&&) noexcept;
  CallAlarm& operator=(CallAlarm&&) noexcept;
  CallAlarm(const CallAlarm&) = delete;
  CallAlarm& operator=(const CallAlarm&) = delete;

  /// Disarms it. A call that has begun is waited for: when this returns, the function does not run
  /// and never will, unless it is the function itself that drops the alarm.
  ~CallAlarm();

  /// Disarms it; whether that was in time, so that the function has not been called.
  bool cancel();

  [[nodiscard]] bool has_expired() const;

 private:
  class State;
  explicit CallAlarm(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Lets blocking system calls of this thread fail with EINTR once the time is over, and from then
/// on every few milliseconds, so that none is missed that begins just then. For calls into code
/// that gives EINTR back and has no time limit of its own; code that retries on EINTR goes on.
///
/// It must be dropped by the thread that made it. It uses one real-time signal, with a handler that
/// does nothing; all alarms of this kind can share it.
class InterruptAlarm {
 public:
  static constexpr int default_signal = realtime_signal_max - 2;

  /// Errors: EBUSY, somebody else has a handler for the signal, or ignores it; EINVAL, not a
  /// real-time signal; EAGAIN, too many signals are pending (RLIMIT_SIGPENDING).
  static Result<InterruptAlarm> after(std::chrono::nanoseconds time, int signal = default_signal);

  InterruptAlarm(InterruptAlarm&&) noexcept;
  InterruptAlarm& operator=(InterruptAlarm&&) noexcept;
  InterruptAlarm(const InterruptAlarm&) = delete;
  InterruptAlarm& operator=(const InterruptAlarm&) = delete;

  /// Disarms it: no call that begins afterwards is interrupted.
  ~InterruptAlarm();

  /// Whether the time is over: an EINTR after that is ours.
  [[nodiscard]] bool has_expired() const;

 private:
  class State;
  explicit InterruptAlarm(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tend
