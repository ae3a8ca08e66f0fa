#pragma once
// `tend run --detach`: deals the jobs out into shares and has Slurm start a task for each of them.

#include "cli/options.hpp"
#include "cli/run/place_words.hpp"
#include "jobs/backend.hpp"
#include "jobs/front/run_options.hpp"
#include "jobs/input/job_source.hpp"

namespace tend::cli {

/// Submits the run; with --dry-run prints the script that would be.
[[nodiscard]] Outcome<int> detach(const Invocation& invocation, const Place& place,
                                  jobs::JobSource& source, const jobs::RunOptions& options,
                                  const jobs::AttemptSettings& settings);

}  // namespace tend::cli
