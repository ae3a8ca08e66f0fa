#pragma once
// Executing a program in this very process, with the same steps in the same order as in a child.

#include <tend/error.hpp>

#include "os/spawn_options.hpp"

namespace tend::os {

/// Returns only when it failed. Mask, dispositions, descriptors, working directory and umask are
/// then as before; what else was asked for stays as far as it came.
[[nodiscard]] Error replace_process(const SpawnOptions& options);

}  // namespace tend::os
