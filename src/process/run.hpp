#pragma once
// Running a child to its end: feeding its input, collecting its output, and ending its whole tree
// when the deadline passes. The shell around Drain and LadderWalk.

#include <tend/command.hpp>
#include <tend/error.hpp>
#include <tend/output.hpp>

#include "process/child_state.hpp"

namespace tend::process {

/// `started` is when the deadline began to run.
Result<Output> run_to_end(Child::State& child, const Command::Wishes& wishes, os::Instant started);

}  // namespace tend::process
