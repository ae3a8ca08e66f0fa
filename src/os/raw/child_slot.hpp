#pragma once
// ChildSlot: what the kernel and a new child say of themselves, in memory that they share with the
// one who started them. Freestanding.

#include <cstdint>

namespace tend::os::raw {

/// In a shared mapping of a file, one per service. The kernel stores `pid` before the child runs
/// (CLONE_PARENT_SETTID, clone(2)); a child that fails between clone and exec stores the step, then
/// the errno. `run` is set, and the rest cleared, by the starter before the clone.
struct ChildSlot {
  std::int32_t pid = 0;
  std::int32_t step = 0;
  std::int32_t error = 0;
  std::uint32_t run = 0;
};

}  // namespace tend::os::raw
