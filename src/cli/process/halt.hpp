#pragma once
// What pause and resume have in common: SIGSTOP or SIGCONT to whole trees, or to one process each.

#include "cli/options.hpp"

namespace tend::cli {

enum class Halt : bool { pause, resume };

Outcome<int> halt(const Invocation& invocation, Halt which);

}  // namespace tend::cli
