#pragma once
// Running a command as if it had taken our place, where it cannot: what is sent to us goes to it,
// and we end as it does.

#include <tend/command.hpp>
#include <tend/exit_status.hpp>

namespace tend::cli {

/// Errors: what kept it from starting. Signals of the terminal reach it without us, because it is
/// in the foreground like us; others are passed on.
Result<ExitStatus> run_beside(const tend::Command& command);

}  // namespace tend::cli
