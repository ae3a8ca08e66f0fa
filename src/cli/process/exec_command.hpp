#pragma once
// The command that `tend exec` becomes, from the words of its command line.

#include <tend/command.hpp>

#include "cli/options.hpp"

namespace tend::cli {

/// Failures (code 2) name the option and what is wrong with its value; nothing has been changed.
Outcome<tend::Command> command_of(const Invocation& invocation);

}  // namespace tend::cli
