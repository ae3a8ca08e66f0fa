#pragma once
// The part of the table of commands that is about any process, not only services of tend.

#include <span>

#include "cli/options.hpp"

namespace tend::cli {

[[nodiscard]] std::span<const Command> process_commands();

}  // namespace tend::cli
