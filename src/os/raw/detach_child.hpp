#pragma once
// The process between us and a detached one: it starts the program as a child of its own and ends,
// so that the program has no parent that would have to reap it. Freestanding.

#include <cstdint>

#include "os/raw/spawn_child.hpp"

namespace tend::os::raw {

struct DetachInput {
  const ChildInput* child = nullptr;
  bool has_clone3 = false;

  /// A pipe: the pid of the program goes there as soon as it exists. Its end without a pid: the
  /// failure is in the slot of `child`.
  std::int32_t pid_fd = -1;
  /// The write end of the pipe that tells of the exec: the program's, not ours.
  std::int32_t completion_fd = -1;
  /// A pipe, both ends of it: its end means that the pid is no longer needed. Until then the
  /// program, dead or alive, is a child of this process, so nobody else can have its number.
  std::int32_t release_fd = -1;
  std::int32_t release_writer_fd = -1;
};

/// A ChildFunction; the argument is a DetachInput. All signals must be blocked.
void run_detacher(const void* detach_input);

}  // namespace tend::os::raw
