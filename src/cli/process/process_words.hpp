#pragma once
// What is known of a process, in the words of a table or a sentence. Pure. Whatever comes from a
// process itself (names, arguments, paths) is made safe for a terminal.

#include <tend/inspect/process.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/colour.hpp"

namespace tend::cli {

/// The command line as a person would type it; `[name]` where there is none: a thread of the
/// kernel, a zombie, or not permitted.
[[nodiscard]] std::string command_words(const inspect::Process& process);

/// The name as the kernel has it, safe to print.
[[nodiscard]] std::string name_words(const inspect::Process& process);

/// `1234 (nginx)`: how messages call a process.
[[nodiscard]] std::string process_title(const inspect::Process& process);

/// Whether a person who says this name means the process: its name, the file it was started as, or
/// the file it executes.
[[nodiscard]] bool is_called(const inspect::Process& process, std::string_view name);

/// `pts/3`, `tty1`; `-` for none; `4:64` for one without a known name.
[[nodiscard]] std::string terminal_words(std::uint32_t device);

/// Red needs somebody, yellow is not as usual, green is at work.
[[nodiscard]] Tone tone_of(inspect::State state);

/// From a letter of the kernel or a word such as `stopped`.
[[nodiscard]] std::optional<inspect::State> state_named(std::string_view word);

/// `12.3%` of one processor.
[[nodiscard]] std::string percent_words(double share);

/// CPU time to the hundredth: `0.07s`, `4m05s`.
[[nodiscard]] std::string cpu_time_words(std::chrono::nanoseconds time);

/// `other, nice 5`, `fifo priority 10`.
[[nodiscard]] std::string scheduling_words(const inspect::Scheduling& scheduling);

/// The field as text, or why there is none in brackets: `(not permitted)`.
[[nodiscard]] std::string text_or_reason(const inspect::Field<std::string>& field);

/// A number of things: `1 process`, `3 processes`.
[[nodiscard]] std::string count_words(std::size_t count, std::string_view one,
                                      std::string_view many);

/// `4711:123456:BOOT-ID`, as ProcessIdentity::text().
[[nodiscard]] std::string identity_words(const inspect::Identity& identity,
                                         std::string_view boot_id);

}  // namespace tend::cli
