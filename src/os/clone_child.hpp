#pragma once
// One clone of a prepared child, with the signals of this thread blocked around it, and with the
// means' fallbacks for a cgroup. Used by spawn.cpp only.

#include <cstdint>

#include "os/fd.hpp"
#include "os/raw/clone.hpp"
#include "os/spawn_means.hpp"

namespace tend::os {

struct Cloned {
  Fd pidfd{};                     ///< Or what stands in for one (exit_watch.hpp).
  std::int64_t pid_or_error = 0;  ///< > 0: the pid; < 0: -errno.
  bool is_about_cgroup = false;   ///< The error is the kernel's answer about the cgroup.
};

/// Makes the child of `input` by `request`, to which CLONE_PIDFD, CLONE_CLEAR_SIGHAND, the
/// namespaces of the input and, with a group, CLONE_INTO_CGROUP are added. ENOSYS: with
/// CLONE_PARENT, where there are no pidfds.
Cloned clone_child(raw::CloneRequest request, raw::ChildInput& input, const Fd* cgroup,
                   SpawnMeans means);

}  // namespace tend::os
