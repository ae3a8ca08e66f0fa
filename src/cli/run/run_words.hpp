#pragma once
// What the words of `tend run` say about the run itself: slots, output, rules.

#include <memory>
#include <vector>

#include "cli/options.hpp"
#include "jobs/backend.hpp"
#include "jobs/front/run_options.hpp"

namespace tend::cli {

[[nodiscard]] Outcome<jobs::RunOptions> run_options_of(const Invocation& invocation);

/// What has a say in when an attempt starts: --load, --mem-free, and a make above us. Without the
/// descriptors of that make's jobserver it is said so, and `slots` becomes 1 unless --jobs was
/// given.
[[nodiscard]] Outcome<std::vector<std::unique_ptr<jobs::Admission>>> admissions_of(
    const Invocation& invocation, unsigned& slots);

/// What each attempt is given. The token is new for each run.
[[nodiscard]] Outcome<jobs::AttemptSettings> attempt_settings_of(const Invocation& invocation);

}  // namespace tend::cli
