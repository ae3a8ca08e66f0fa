#include "os/raw/child_namespaces.hpp"

#include <asm/unistd.h>

#include "os/raw/child_report.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

/// The parent writes the maps (a child may only map itself, user_namespaces(7)) and then one byte;
/// end of file means that it has given up or died.
bool await_maps(const ChildInput& input) noexcept {
  if (input.maps_written_fd < 0) {
    return true;
  }
  syscall(__NR_close, input.maps_writer_fd);
  char byte = 0;
  const long got = syscall(__NR_read, input.maps_written_fd, &byte, 1);
  return is_done(input.slot, SpawnStep::id_maps, got == 1 ? 1 : got < 0 ? got : -error_cancelled);
}

/// What is mounted in there shall not appear outside; what is mounted outside still appears in
/// there.
bool separate_mounts(const ChildInput& input) noexcept {
  if ((input.namespaces & clone_newns) == 0) {
    return true;
  }
  return is_done(
      input.slot, SpawnStep::mount_namespace,
      syscall(__NR_mount, nullptr, "/", nullptr, mount_recursive | mount_slave, nullptr));
}

bool write_time_offsets(const ChildInput& input) noexcept {
  const long file =
      syscall(__NR_openat, at_fdcwd, "/proc/self/timens_offsets", o_wronly | o_cloexec, 0);
  if (!is_done(input.slot, SpawnStep::time_namespace, file)) {
    return false;
  }
  const long written = syscall(__NR_write, file, input.time_offsets, input.time_offsets_bytes);
  syscall(__NR_close, file);
  return is_done(input.slot, SpawnStep::time_namespace, written);
}

/// unshare makes the namespace for children only, so that the offsets can be written while nobody
/// lives there; setns then moves into it (time_namespaces(7), Linux 5.6).
bool enter_time_namespace(const ChildInput& input) noexcept {
  if (input.time_offsets == nullptr) {
    return true;
  }
  if (!is_done(input.slot, SpawnStep::time_namespace, syscall(__NR_unshare, clone_newtime)) ||
      !write_time_offsets(input)) {
    return false;
  }
  const long made =
      syscall(__NR_openat, at_fdcwd, "/proc/self/ns/time_for_children", o_rdonly | o_cloexec, 0);
  if (!is_done(input.slot, SpawnStep::time_namespace, made)) {
    return false;
  }
  const long entered = syscall(__NR_setns, made, clone_newtime);
  syscall(__NR_close, made);
  return is_done(input.slot, SpawnStep::time_namespace, entered);
}

}  // namespace

bool settle_in_namespaces(const ChildInput& input) noexcept {
  return await_maps(input) && separate_mounts(input) && enter_time_namespace(input);
}

}  // namespace tend::os::raw
