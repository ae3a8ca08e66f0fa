#pragma once
// Signals as values: they are blocked, and then waited for or polled for like any other event, so
// that no code ever runs inside a signal handler.
//
//   const auto blocked = tend::ScopedSignalMask::block({SIGINT, SIGTERM});   // first thing in main
//   auto arrived = tend::wait_for_signal({SIGINT, SIGTERM}, 10s);
//
// A signal that is sent to the process goes to any thread that does not block it: block it before
// the first other thread starts, which inherits the mask. For a program that cannot promise that,
// there is stop_flag.hpp.

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/signal.hpp>
#include <tend/signal_info.hpp>
#include <tend/until.hpp>

#include <optional>
#include <utility>

namespace tend {

/// Changes the signal mask of this thread, and restores the former one however the scope is left.
/// It must end in the thread that made it. KILL and STOP cannot be blocked, and 32 and 33, which
/// libc needs, are left alone (signal(7)).
class [[nodiscard]] ScopedSignalMask {
 public:
  /// Blocks these as well; unblocks these; blocks these and no others.
  static ScopedSignalMask block(SignalSet signals);
  static ScopedSignalMask unblock(SignalSet signals);
  static ScopedSignalMask exactly(SignalSet signals);

  ScopedSignalMask(const ScopedSignalMask&) = delete;
  ScopedSignalMask& operator=(const ScopedSignalMask&) = delete;
  ~ScopedSignalMask();

  /// What was blocked before.
  [[nodiscard]] SignalSet before() const { return before_; }

 private:
  explicit ScopedSignalMask(SignalSet wanted);

  SignalSet before_;
};

/// What this thread blocks.
[[nodiscard]] SignalSet blocked_signals();

/// Takes one signal of the set, waiting for it; nothing: none came in time. With 0s it only looks.
/// The lowest number comes first. Real-time signals arrive one by one; of the others any number
/// that came while they were blocked is one.
///
/// A set that this thread does not block is refused: a signal that comes before or after the call
/// would do its default action.
Result<std::optional<SignalInfo>> wait_for_signal(SignalSet signals, Until until = {});

/// Signals of a set as something to poll (signalfd(2)). It takes from the same store as
/// wait_for_signal(): those sent to the process, and those to the thread that reads.
class SignalSource {
 public:
  /// The set must be blocked in this thread, as for wait_for_signal(), and should be in all others.
  static Result<SignalSource> open(SignalSet signals);

  /// The next one; nothing: none came in time.
  Result<std::optional<SignalInfo>> next(Until until = {});

  /// Readable when next() has something.
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  explicit SignalSource(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace tend
