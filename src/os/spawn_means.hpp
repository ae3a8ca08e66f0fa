#pragma once
// Which way of making a child works here, found out by making one, never by asking for versions:
// sandboxes refuse calls that the kernel knows, and emulators turn shared memory into a copy.

#include <cstdint>

namespace tend::os {

/// The ways, best first.
///   1  shared memory, the parent waits in the kernel (CLONE_VM | CLONE_VFORK) by clone3
///   2  the same by clone (to come)
///   3  a copy of the memory; by clone3, or by clone where clone3 is refused
///   4  no pidfd (to come)
enum class SpawnLevel : std::uint8_t { shared_memory = 1, copied_memory = 3 };

struct SpawnMeans {
  SpawnLevel level = SpawnLevel::copied_memory;
  bool has_clone3 = false;

  /// Whether CLONE_VFORK really makes the parent wait. Where it does not (emulators), the end of
  /// the start is told by a pipe that closes at exec.
  bool suspends_parent = false;

  bool operator==(const SpawnMeans&) const = default;
};

/// Probed once per process, and again after a fork: the child of a fork may be in another sandbox.
/// TEND_SPAWN_LEVEL=1 or 3 in the environment forces a level; `3-clone` forces clone and `3-pipe`
/// the pipe as well. For tests.
[[nodiscard]] SpawnMeans spawn_means();

/// The next spawn_means() probes anew: a call that worked before was refused, so a sandbox must
/// have been put up meanwhile.
void forget_spawn_means() noexcept;

}  // namespace tend::os
