#pragma once
// Which way of making a child works here, found out by making one, never by asking for versions:
// sandboxes refuse calls that the kernel knows, and emulators turn shared memory into a copy.

#include <tend/error.hpp>

#include <cstdint>

namespace tend::os {

/// The ways, best first.
///   1  shared memory, the parent waits in the kernel (CLONE_VM | CLONE_VFORK), by clone3
///   2  the same by clone, where clone3 is refused
///   3  a copy of the memory, where the kernel does not really share it; by clone3 or clone
///   4  no pidfd: the child is held by its number and a thread that waits (exit_watch.hpp); memory
///      and call as above
enum class SpawnLevel : std::uint8_t {
  shared_memory = 1,
  shared_memory_by_clone = 2,
  copied_memory = 3,
  no_pidfd = 4,
};

struct SpawnMeans {
  bool has_clone3 = false;
  bool shares_memory = false;

  /// Whether CLONE_VFORK really makes the parent wait. Where it does not (emulators), the end of
  /// the start is told by a pipe that closes at exec.
  bool suspends_parent = false;

  /// The clone gives a pidfd, and the child can be reaped by it.
  bool has_pidfd = true;
  /// pidfd_send_signal works; else signals go to the pid, under a lock (numbered_process.hpp).
  bool signals_by_pidfd = true;

  /// A child that begins with our table of descriptors gets one of its own by close_range.
  bool makes_own_table = false;

  [[nodiscard]] SpawnLevel level() const noexcept;

  bool operator==(const SpawnMeans&) const = default;
};

/// Probed once per process, and again after a fork: the child of a fork may be in another sandbox.
/// ENOSYS, EPERM, EINVAL, E2BIG and EOPNOTSUPP mean "not this way"; anything else is an error of
/// the moment (EAGAIN, ENOMEM, EMFILE), told as such and not remembered.
///
/// TEND_SPAWN_LEVEL=1 to 4 in the environment forces a level, if that is no more than was found;
/// `3-clone` forces clone and `3-pipe` the pipe as well. For tests.
Result<SpawnMeans> spawn_means();

/// The next spawn_means() probes anew: a call that worked before was refused, so a sandbox must
/// have been put up meanwhile.
void forget_spawn_means() noexcept;

/// Whether this answer of clone means that another way is to be tried. `code` is an errno.
[[nodiscard]] bool is_refusal_of_means(int code) noexcept;

}  // namespace tend::os
