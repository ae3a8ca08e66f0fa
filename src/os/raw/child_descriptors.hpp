#pragma once
// The descriptors of the child: each source put under its target, everything else marked to be
// closed by exec. Freestanding.

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

/// Moves what lies in the way, then places each target. False: the failure is in the slot.
[[nodiscard]] bool place_descriptors(const ChildInput& input) noexcept;

/// Marks instead of closing: the descriptor that tells the parent of the exec must live until then.
void close_others_on_exec(const ChildInput& input) noexcept;

}  // namespace tend::os::raw
