#pragma once
// Starting a process that is not our child (a double start): init, or the nearest subreaper,
// becomes its parent and reaps it.

#include <tend/detached.hpp>
#include <tend/error.hpp>

#include "os/spawn_options.hpp"

namespace tend::os {

/// Returns when it has executed its program, in a new session whose leader has ended. What failed
/// before is the error, as with spawn(), and then nothing is left.
Result<Detached> spawn_detached(const SpawnOptions& options);

}  // namespace tend::os
