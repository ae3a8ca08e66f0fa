#pragma once
// The table of signals: number, name, standard, default action, meaning, whether it can be caught.
// Numbers are those of Linux on x86-64 and aarch64, which agree (signal(7)).

#include <cstdint>
#include <span>
#include <string_view>

namespace tend {

/// What happens to a process that has not arranged anything for the signal.
enum class DefaultAction : std::uint8_t { terminate, core, ignore, stop, resume };

/// `terminate`, `core`, `ignore`, `stop`, `continue`.
[[nodiscard]] std::string_view name_of(DefaultAction action);

/// The real-time signals that a program can use. The kernel has 32 and 33 as well, which libc keeps
/// for its threads.
inline constexpr int realtime_signal_min = 34;
inline constexpr int realtime_signal_max = 64;

/// One signal. Real-time signals differ from the others: each one that is sent arrives, in the
/// order of sending, the lowest number first, and a value can travel with it (sigqueue(3)).
struct SignalDescription {
  int number = 0;
  std::string_view name{};         ///< Without SIG: `TERM`, `RTMIN+3`; 32 and 33 have none.
  std::string_view other_names{};  ///< With spaces between them; mostly none.
  /// The oldest that has it: `P1990`, `P1993` and `P2001` are POSIX.1 of those years (P1993 is
  /// POSIX.1b), `-` is none: Linux, or BSD before it.
  std::string_view standard{};
  DefaultAction action = DefaultAction::terminate;
  std::string_view meaning{};
  bool can_be_caught = true;  ///< KILL and STOP cannot be caught, blocked or ignored.
};

/// Every signal from 1 to 64 in order of their numbers, the real-time signals too.
[[nodiscard]] std::span<const SignalDescription> signal_table();

}  // namespace tend
