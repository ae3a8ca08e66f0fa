#include "os/raw/own_table.hpp"

#include <asm/unistd.h>

#include "os/raw/kernel.hpp"
#include "os/raw/spawn_step.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

void run_child_with_own_table(const void* input) {
  const auto& own = *static_cast<const OwnTableInput*>(input);
  const ChildInput& child = *own.child;
  // Before this call nothing may be opened, closed or moved: it would be the parent's.
  const long result =
      syscall(__NR_close_range, own.first_unneeded, ~std::uint32_t{0}, close_range_unshare);
  if (result >= 0) {
    run_child(child);
  }
  __atomic_store_n(&child.slot->step, packed_step(SpawnStep::close_others, 0), __ATOMIC_RELEASE);
  __atomic_store_n(&child.slot->error, static_cast<std::int32_t>(-result), __ATOMIC_RELEASE);
  while (true) {
    syscall(__NR_exit_group, 127);
  }
}

}  // namespace tend::os::raw
