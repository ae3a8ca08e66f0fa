#pragma once
// The order in which a project starts, as steps: what is in one step starts side by side. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "service/service_spec.hpp"

namespace tend::cli {

/// Indices into `project.services`. The project is validated: it has no cycle.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> start_steps(
    const service::ProjectSpec& project);

/// `3 services and 1 task`.
[[nodiscard]] std::string count_words(const service::ProjectSpec& project);

}  // namespace tend::cli
