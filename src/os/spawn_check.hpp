#pragma once
// What is wrong with SpawnOptions, found out before anything is started.

#include <tend/error.hpp>

#include "os/spawn_options.hpp"

namespace tend::os {

/// EINVAL with what cannot be and why; EBADF for a descriptor that is not open.
Result<> check_spawn_options(const SpawnOptions& options);

/// EINVAL: ids are to be mapped, which only a starter that waits for the child can do.
Result<> check_no_maps(const SpawnOptions& options);

/// EBUSY: the cgroup is frozen. A child of it would not run, and we would wait for it.
Result<> check_not_frozen(const SpawnOptions& options);

}  // namespace tend::os
