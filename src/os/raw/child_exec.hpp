#pragma once
// The last step of the child: executing its program. Freestanding.

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

/// Executes the program by its descriptor, or the first of its candidates that can be; returns only
/// when none could, with the failure in the slot.
void execute_program(const ChildInput& input) noexcept;

}  // namespace tend::os::raw
