#pragma once
// Starting a process: the one path for library, supervisor and job runner. The choice of the means
// is spawn_means.hpp, the child's work is raw/spawn_child.hpp.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>

#include "os/fd.hpp"
#include "os/raw/child_slot.hpp"
#include "os/spawn_options.hpp"

namespace tend::os {

/// A child that has executed its program. It must be reaped by its pidfd.
struct Spawned {
  Fd pidfd{};
  std::int32_t pid = 0;
};

/// Starts a child of this process and returns when it has executed its program; what failed before
/// that is the error, and then no child is left. Blocks every signal of this thread meanwhile.
///
/// A child with a parent_death_signal is made by a thread of its own that lasts as long as this
/// process, unless the main thread calls: the signal is sent when the *thread* ends that made the
/// child (prctl(2), PR_SET_PDEATHSIG).
///
/// Errors: EINVAL for options that cannot be (a NUL byte, no arguments), the step and errno of the
/// child otherwise; EAGAIN, ENOMEM, EMFILE of clone; step "cgroup" for a group that is gone
/// (ENOENT), "domain invalid" (EOPNOTSUPP), frozen or not a leaf (EBUSY).
Result<Spawned> spawn(const SpawnOptions& options);

/// A child of our parent, on its way to exec.
struct Started {
  Fd pidfd{};  ///< For polling and signals. The parent reaps it: waitid gives us ECHILD.
  std::int32_t pid = 0;
  Fd completion{};  ///< Readable (end of file) when it has executed, or ended before that.
};

/// Starts a child of this process's *parent* (CLONE_PARENT) and returns at once, without waiting
/// for exec. The kernel stores the pid in `slot`, which must lie in memory shared with the child
/// (MAP_SHARED), before the child runs (CLONE_PARENT_SETTID); where only clone is allowed the child
/// stores it first thing. The rest of the slot is cleared, `run` set to `run`, before the clone.
/// After `completion` see failure_in(). A parent_death_signal refers to our parent. Where it may,
/// the child begins in our memory (child_place.hpp), so only one thread may call this.
Result<Started> start_beside_us(const SpawnOptions& options, raw::ChildSlot& slot,
                                std::uint32_t run);

/// What the child of this slot failed at, once its start has been completed; nothing if it has
/// executed, or was killed before it could tell (see ended_before_exec()).
[[nodiscard]] std::optional<Error> failure_in(const raw::ChildSlot& slot,
                                              const SpawnOptions& options);

/// Of a process that has ended but is not reaped: whether it never executed a program. It was
/// killed between clone and exec. False when that cannot be found out.
[[nodiscard]] bool ended_before_exec(std::int32_t pid);

}  // namespace tend::os
