#pragma once
// Signal handlers for those who need one, installed for a scope. Most programs want signal_wait.hpp
// or stop_flag.hpp instead: there nothing of theirs runs in a handler.
//
// Handlers are a matter of the whole process. Several for one signal lie on each other: the one
// installed last acts, and when all are gone the former disposition is back, even when the scopes
// end in another order than they began.

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/signal.hpp>
#include <tend/signal_info.hpp>

#include <cstdint>
#include <memory>

namespace tend {

/// For SignalHandler and SignalCounter.
struct SignalHandlerOptions {
  /// Signals that are held back while the handler runs, beside the one it handles (sa_mask).
  SignalSet blocked{};

  /// What happens to a system call that the signal interrupts: it goes on (SA_RESTART), or fails
  /// with EINTR. Some never go on: sleeps, poll(2), epoll_wait(2) (signal(7)).
  enum class Interrupted : std::uint8_t { restart, fail };
  Interrupted interrupted_calls = Interrupted::restart;
};

/// Runs a function when one of the signals is delivered. On the thread's alternate stack, if it has
/// one (sigaltstack(2)).
class SignalHandler {
 public:
  /// Runs inside whatever the thread was doing: it may use nothing but what signal-safety(7) lists
  /// and atomics that are lock-free; no allocation, no locks, no exceptions. It must return, or end
  /// the process; errno is saved around it.
  using Function = void (*)(const SignalInfo&);

  /// Errors: EINVAL for KILL, STOP, and 32 and 33, which belong to libc.
  static Result<SignalHandler> install(SignalSet signals, Function function,
                                       SignalHandlerOptions options = {});

  SignalHandler(SignalHandler&&) noexcept;
  SignalHandler& operator=(SignalHandler&&) noexcept;
  SignalHandler(const SignalHandler&) = delete;
  SignalHandler& operator=(const SignalHandler&) = delete;

  /// Restores what was before. When it returns, the function does not run any more, in any thread.
  ~SignalHandler();

 private:
  class State;
  explicit SignalHandler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Counts deliveries, exactly, with nothing of the program's in the handler. The kernel itself
/// makes one of several standard signals that come while the first is still waiting; of real-time
/// signals it delivers each.
class SignalCounter {
 public:
  static Result<SignalCounter> install(SignalSet signals, SignalHandlerOptions options = {});

  SignalCounter(SignalCounter&&) noexcept;
  SignalCounter& operator=(SignalCounter&&) noexcept;
  SignalCounter(const SignalCounter&) = delete;
  SignalCounter& operator=(const SignalCounter&) = delete;
  ~SignalCounter();

  /// Deliveries of one signal since the installation; 0 for one that is not counted.
  [[nodiscard]] std::uint64_t count(int number) const;

  /// Of all of them together.
  [[nodiscard]] std::uint64_t total() const;

 private:
  class State;
  explicit SignalCounter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tend
