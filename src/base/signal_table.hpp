#pragma once
// The table of signals: number, name, standard, default action, meaning, whether it can be caught.
// Numbers are those of Linux on x86-64 and aarch64.

#include <span>
#include <string_view>

namespace tend::base {

/// What happens to a process that has not arranged anything for the signal (signal(7)).
enum class DefaultAction { terminate, core, ignore, stop, resume };

struct SignalInfo {
  int number = 0;
  std::string_view name{};      ///< Without SIG.
  std::string_view standard{};  ///< The oldest that has it: P1990, P2001 or "-" (Linux or BSD).
  DefaultAction action = DefaultAction::terminate;
  std::string_view meaning{};
  bool can_be_caught = true;  ///< KILL and STOP cannot be caught, blocked or ignored.
};

/// All standard signals in order of their numbers; 32 to 64 are real-time signals without a
/// meaning of their own and not listed.
std::span<const SignalInfo> signal_table();

[[nodiscard]] std::string_view name_of(DefaultAction action);

/// The lowest real-time signal a program can use; libc keeps 32 and 33 for itself (signal(7)).
inline constexpr int realtime_signal_min = 34;
inline constexpr int realtime_signal_max = 64;

}  // namespace tend::base
