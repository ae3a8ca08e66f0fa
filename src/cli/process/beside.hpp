#pragma once
// Running a command as if it had taken our place, where it cannot: what is sent to us goes to it,
// and we end as it does.

#include <tend/command.hpp>
#include <tend/exit_status.hpp>

#include <expected>
#include <span>
#include <string>

#include "cli/options.hpp"

namespace tend::cli {

/// Errors: what kept it from starting. Signals of the terminal reach it without us, because it is
/// in the foreground like us; others are passed on.
Result<ExitStatus> run_beside(const tend::Command& command);

/// The failure of a command that could not be started, told apart as a shell does: 127, not found;
/// 126, cannot be executed; 125, something of ours before that.
[[nodiscard]] std::unexpected<Failure> not_started(const Error& error);

/// Without the `--` that may stand before a command.
[[nodiscard]] std::span<const std::string> command_words(std::span<const std::string> words);

}  // namespace tend::cli
