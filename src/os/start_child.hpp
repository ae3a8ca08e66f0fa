#pragma once
// Starting a child of ours without waiting until it has executed: for a loop that must not stand
// still because a disk does. spawn() of spawn.hpp is cheaper where waiting is no harm.

#include <tend/error.hpp>

#include <cstdint>

#include "os/child_stack.hpp"
#include "os/fd.hpp"
#include "os/spawn_options.hpp"

namespace tend::os {

/// On its way to exec, or beyond. When it has ended, failure_in(*slot, options) tells whether it
/// ever executed. It must be reaped by its pidfd.
struct StartedChild {
  Fd pidfd{};
  std::int32_t pid = 0;
  SharedSlot slot;
};

/// Returns as soon as the process exists; it has a copy of our memory. A parent_death_signal is
/// sent when the calling *thread* ends (prctl(2), PR_SET_PDEATHSIG): call it from one that lasts.
Result<StartedChild> start_child(const SpawnOptions& options);

/// Ends every process in the group that the child leads, if it does; its own end too. The child
/// must not have been reaped: until then nobody else can have its number as a group.
Result<> kill_group_of(const Fd& pidfd, std::int32_t pid);

}  // namespace tend::os
