#pragma once
// The subcommands, each in a file of its own with its name. What they print and return is in
// docs/cli.md; a failure is printed by main.

#include "cli/options.hpp"

namespace tend::cli {

Outcome<int> run_up(const Invocation& invocation);
Outcome<int> run_down(const Invocation& invocation);
Outcome<int> run_upgrade(const Invocation& invocation);
Outcome<int> run_status(const Invocation& invocation);
Outcome<int> run_start(const Invocation& invocation);
Outcome<int> run_stop(const Invocation& invocation);
Outcome<int> run_restart(const Invocation& invocation);
Outcome<int> run_logs(const Invocation& invocation);
Outcome<int> run_why(const Invocation& invocation);

// Jobs.
Outcome<int> run_run(const Invocation& invocation);

// Of any process.
Outcome<int> run_ps(const Invocation& invocation);
Outcome<int> run_tree(const Invocation& invocation);
Outcome<int> run_inspect(const Invocation& invocation);
Outcome<int> run_maps(const Invocation& invocation);
Outcome<int> run_fds(const Invocation& invocation);
Outcome<int> run_signals(const Invocation& invocation);
Outcome<int> run_limits(const Invocation& invocation);
Outcome<int> run_top(const Invocation& invocation);
Outcome<int> run_wait(const Invocation& invocation);
Outcome<int> run_kill(const Invocation& invocation);
Outcome<int> run_pause(const Invocation& invocation);
Outcome<int> run_resume(const Invocation& invocation);
Outcome<int> run_exec(const Invocation& invocation);
Outcome<int> run_timeout(const Invocation& invocation);
Outcome<int> run_lock(const Invocation& invocation);

Outcome<int> run_check(const Invocation& invocation);
Outcome<int> run_init(const Invocation& invocation);
Outcome<int> run_doctor(const Invocation& invocation);
Outcome<int> run_help(const Invocation& invocation);
Outcome<int> run_completion(const Invocation& invocation);

}  // namespace tend::cli
