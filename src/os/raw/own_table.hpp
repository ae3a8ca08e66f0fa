#pragma once
// A child that begins with its parent's table of descriptors instead of a copy of it. Copying a
// table of thousands costs more than all the rest of a spawn; this child copies the few it needs.
// Freestanding.

#include <cstdint>

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

struct OwnTableInput {
  const ChildInput* child = nullptr;
  std::uint32_t first_unneeded = 0;  ///< No descriptor of `child` has this number or a higher one.
};

/// A ChildFunction for a clone with CLONE_FILES; the argument is an OwnTableInput. First of all it
/// gets a table of its own, with the descriptors below `first_unneeded` (close_range(2),
/// CLOSE_RANGE_UNSHARE, Linux 5.9); the step "close_range" fails if it cannot. Then run_child().
void run_child_with_own_table(const void* input);

}  // namespace tend::os::raw
