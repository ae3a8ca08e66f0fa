#pragma once
// How a process ended: by itself with a code, or by a signal.

#include <cstdint>
#include <optional>
#include <string>

namespace tend {

/// How a process ended (wait(2)); stopping and continuing are no end.
class ExitStatus {
 public:
  /// Ended by itself; `code` is 0 to 255.
  [[nodiscard]] static ExitStatus exited(int code) { return ExitStatus(Means::exit, code); }

  /// Ended by a signal; `core` says whether a core was written.
  [[nodiscard]] static ExitStatus killed(int signal, bool core = false) {
    return ExitStatus(core ? Means::core : Means::signal, signal);
  }

  /// From the status word of wait(2), which is also what PIDFD_GET_INFO gives.
  [[nodiscard]] static ExitStatus from_wait_status(int status);

  /// From `si_code` and `si_status` (here code and status) of waitid(2).
  [[nodiscard]] static ExitStatus from_waitid(int code, int status);

  /// Ended by itself with code 0.
  [[nodiscard]] bool success() const { return means_ == Means::exit && number_ == 0; }

  /// The exit code, if it ended by itself.
  [[nodiscard]] std::optional<int> code() const {
    return means_ == Means::exit ? std::optional(number_) : std::nullopt;
  }

  /// The signal that ended it, if one did.
  [[nodiscard]] std::optional<int> signal() const {
    return means_ == Means::exit ? std::nullopt : std::optional(number_);
  }

  /// A signal ended it, and a core was written (core(5)).
  [[nodiscard]] bool core_dumped() const { return means_ == Means::core; }

  /// What a shell would show in `$?`: the code, or 128 + the signal.
  [[nodiscard]] int shell_code() const { return means_ == Means::exit ? number_ : 128 + number_; }

  /// `exited with 3`, `killed by SIGSEGV (core dumped)`.
  [[nodiscard]] std::string description() const;

  bool operator==(const ExitStatus&) const = default;

 private:
  enum class Means : std::uint8_t { exit, signal, core };

  ExitStatus(Means means, int number) : means_(means), number_(number) {}

  Means means_;
  int number_;
};

/// What a process and the children it waited for have used (getrusage(2)).
struct Usage {
  std::uint64_t user_us = 0;      ///< Processor time in user mode, in microseconds.
  std::uint64_t system_us = 0;    ///< The same in the kernel.
  std::uint64_t max_rss_kib = 0;  ///< Of the largest of them.

  bool operator==(const Usage&) const = default;
};

}  // namespace tend
