#pragma once
// Which services of a project have logs to show: those of its file or of the running project, and
// those that left files behind.

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/target.hpp"

namespace tend::cli {

/// All of them, in the order of the project, then by name.
Outcome<std::vector<std::string>> services_with_logs(const Target& target);

/// `wanted`, if each of them is among these; all when none is wanted.
Outcome<std::vector<std::string>> chosen_logs(const Target& target,
                                              const std::vector<std::string>& wanted);

}  // namespace tend::cli
