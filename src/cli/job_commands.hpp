#pragma once
// The part of the table of commands that is about jobs: what runs once and ends.

#include <span>

#include "cli/options.hpp"

namespace tend::cli {

[[nodiscard]] std::span<const Command> job_commands();

}  // namespace tend::cli
