#pragma once
// The subcommands, each in a file of its own with its name. What they print and return is in
// docs/cli.md; a failure is printed by main.

#include "cli/options.hpp"

namespace tend::cli {

Outcome<int> run_up(const Invocation& invocation);
Outcome<int> run_down(const Invocation& invocation);
Outcome<int> run_status(const Invocation& invocation);
Outcome<int> run_start(const Invocation& invocation);
Outcome<int> run_stop(const Invocation& invocation);
Outcome<int> run_restart(const Invocation& invocation);
Outcome<int> run_logs(const Invocation& invocation);
Outcome<int> run_why(const Invocation& invocation);
Outcome<int> run_check(const Invocation& invocation);
Outcome<int> run_init(const Invocation& invocation);
Outcome<int> run_doctor(const Invocation& invocation);
Outcome<int> run_help(const Invocation& invocation);
Outcome<int> run_completion(const Invocation& invocation);

}  // namespace tend::cli
