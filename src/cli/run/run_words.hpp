#pragma once
// What the words of `tend run` say about the run itself: slots, output, rules.

#include "cli/options.hpp"
#include "jobs/backend.hpp"
#include "jobs/front/run_options.hpp"

namespace tend::cli {

[[nodiscard]] Outcome<jobs::RunOptions> run_options_of(const Invocation& invocation);

/// What each attempt is given. The token is new for each run.
[[nodiscard]] Outcome<jobs::AttemptSettings> attempt_settings_of(const Invocation& invocation);

}  // namespace tend::cli
