#pragma once
// The table of `tend status`, from the statuses to lines. Pure.

#include <span>
#include <string>
#include <vector>

#include "cli/colour.hpp"
#include "service/control/control_message.hpp"

namespace tend::cli {

/// A headline and one line per service.
[[nodiscard]] std::vector<std::string> status_lines(
    std::span<const service::ServiceStatus> statuses, const Painter& painter);

/// What is known of the project as a whole, below the table.
[[nodiscard]] std::vector<std::string> project_lines(const service::ProjectStatus& project);

/// One service in one line: `web: up and ready, pid 123`.
[[nodiscard]] std::string status_sentence(const service::ServiceStatus& status);

/// Green is well, yellow is on its way, red needs somebody.
[[nodiscard]] Tone tone_of_state(const service::ServiceStatus& status);

}  // namespace tend::cli
