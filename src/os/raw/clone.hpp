#pragma once
// Making the child: clone3, or the older clone where a sandbox refuses clone3. Freestanding.

#include <cstddef>
#include <cstdint>

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

struct CloneRequest {
  std::uint64_t flags = 0;             ///< CLONE_* of kernel.hpp.
  std::int32_t exit_signal = 17;       ///< 0 together with CLONE_PARENT (clone3 refuses others).
  std::int32_t* pidfd = nullptr;       ///< With CLONE_PIDFD: where the descriptor goes.
  std::int32_t* parent_tid = nullptr;  ///< With CLONE_PARENT_SETTID: where the pid goes.
  std::int32_t* child_tid = nullptr;   ///< With CLONE_CHILD_CLEARTID: becomes 0.
  void* stack = nullptr;               ///< Lowest address of the child's own stack; null: a copy.
  std::size_t stack_bytes = 0;
  std::int32_t cgroup_fd = -1;  ///< With CLONE_INTO_CGROUP.
};

/// Function of the child's own, called with the pointer given to the clone; must not return.
using ChildFunction = void (*)(const void* argument);

/// clone3(2), Linux 5.3. The pid of the child, or -errno. The child runs `function(argument)`.
long clone_by_clone3(const CloneRequest& request, ChildFunction function,
                     const void* argument) noexcept;

/// clone(2). It knows neither CLONE_CLEAR_SIGHAND nor CLONE_INTO_CGROUP, and puts pidfd and pid
/// into one place: the flags are dropped, with CLONE_PIDFD also CLONE_PARENT_SETTID; run_child()
/// makes up for each (ChildInput::stores_own_pid, ChildInput::cgroup_fd; it resets all signals
/// anyway).
long clone_by_clone(const CloneRequest& request, ChildFunction function,
                    const void* argument) noexcept;

/// run_child() as a ChildFunction; the argument is a ChildInput.
void run_child_function(const void* input);

}  // namespace tend::os::raw
