#pragma once
// The end of a project, seen from outside: asked for, waited for, and cleaned up after a keeper
// that was killed.

#include <optional>

#include "cli/ask.hpp"
#include "cli/options.hpp"
#include "cli/target.hpp"
#include "service/launch.hpp"

namespace tend::cli {

/// Asks for the end and waits until the keeper is gone, showing what is waited for.
Outcome<int> end_project(const Target& target, const service::Running& running,
                         std::optional<os::Instant> deadline);

/// Only asks: `down` or `hurry`.
Outcome<void> order(const Target& target, service::Verb verb);

/// Ends what a dead keeper left behind, and says what that was.
Outcome<int> clean_up(const Target& target, const service::Running& running);

}  // namespace tend::cli
