#pragma once
// StopFlag: a clean stop on Ctrl-C. The first signal sets a flag that every thread can look at and
// poll for, whichever thread the kernel chose for the signal and whatever the threads block.
//
//   auto stop = tend::StopFlag::make();
//   while (!stop->is_set()) { ... }
//   save();

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/signal.hpp>
#include <tend/until.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace tend {

/// For StopFlag::make().
struct StopFlagOptions {
  SignalSet signals{2, 15};  ///< INT and TERM.

  /// What a signal does that comes when the flag is set already.
  enum class Again : std::uint8_t {
    end,    ///< Its default action: who presses Ctrl-C twice does not want to wait any longer.
    count,  ///< Nothing but to be counted.
  };
  Again again = Again::end;

  /// What happens to a system call that the signal interrupts: see SignalHandlerOptions.
  enum class Interrupted : std::uint8_t { restart, fail };
  Interrupted interrupted_calls = Interrupted::restart;
};

/// Can be asked, waited for and set from any thread.
class StopFlag {
 public:
  /// Errors: EINVAL for signals that cannot be caught; EMFILE.
  static Result<StopFlag> make(StopFlagOptions options = {});

  StopFlag(StopFlag&&) noexcept;
  StopFlag& operator=(StopFlag&&) noexcept;
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  /// Restores what the signals did before.
  ~StopFlag();

  /// As cheap as reading an atomic: for every turn of a loop.
  [[nodiscard]] bool is_set() const noexcept;

  /// The signal that set it; nothing while it is not set, or when set() did it.
  [[nodiscard]] std::optional<int> signal() const noexcept;

  /// How many times it was set, by signals and by set().
  [[nodiscard]] std::uint64_t count() const noexcept;

  /// Sets it without a signal.
  void set() noexcept;

  /// Waits until it is set; whether it is.
  Result<bool> wait(Until until = {}) const;

  /// Readable once it is set, for ever. For poll and event loops; not to be read.
  [[nodiscard]] const Fd& fd() const noexcept;

 private:
  class State;
  explicit StopFlag(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tend
