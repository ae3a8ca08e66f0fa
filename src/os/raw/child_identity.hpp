#pragma once
// Who the child is and what it may do: root directory, ids, capabilities. Only where the parent's
// memory is not shared: the kernel changes the dumpable flag of the memory when ids change, and
// that would be the parent's. Freestanding.

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

/// Groups, gid, uid and capabilities, in the order in which each may still be changed. False: the
/// failure is in the slot.
[[nodiscard]] bool set_identity(const ChildInput& input) noexcept;

}  // namespace tend::os::raw
