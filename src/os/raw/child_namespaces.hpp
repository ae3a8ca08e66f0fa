#pragma once
// What is left to do inside namespaces that the clone has made. Freestanding.

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

/// Waits for the id maps, which the parent writes, and enters a time namespace with its offsets.
/// False: the failure is in the slot.
[[nodiscard]] bool settle_in_namespaces(const ChildInput& input) noexcept;

}  // namespace tend::os::raw
