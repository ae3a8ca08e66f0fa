#include "os/raw/detach_child.hpp"

#include <asm/unistd.h>

#include "os/raw/child_report.hpp"
#include "os/raw/clone.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

long start_program(const DetachInput& input) noexcept {
  const CloneRequest request = {.flags = input.child->namespaces};
  return input.has_clone3 ? clone_by_clone3(request, run_child_function, input.child)
                          : clone_by_clone(request, run_child_function, input.child);
}

void hold_until_released(const DetachInput& input, long pid) noexcept {
  const auto number = static_cast<std::int32_t>(pid);
  syscall(__NR_write, input.pid_fd, &number, sizeof number);
  syscall(__NR_close, input.completion_fd);
  syscall(__NR_close, input.release_writer_fd);
  char byte = 0;
  syscall(__NR_read, input.release_fd, &byte, 1);
  if (__atomic_load_n(&input.child->slot->error, __ATOMIC_ACQUIRE) != 0) {
    syscall(__NR_wait4, pid, nullptr, wait_all, nullptr);  // It has failed: nothing shall be left.
  }
}

}  // namespace

void run_detacher(const void* detach_input) {
  const auto& input = *static_cast<const DetachInput*>(detach_input);
  // The program is not the leader of this session, so no terminal can come to it.
  ChildSlot* slot = input.child->slot;
  if (is_done(slot, SpawnStep::session, syscall(__NR_setsid))) {
    const SpawnStep step = input.child->namespaces != 0 ? SpawnStep::namespaces : SpawnStep::clone;
    const long pid = start_program(input);
    if (is_done(slot, step, pid)) {
      hold_until_released(input, pid);
    }
  }
  while (true) {
    syscall(__NR_exit_group, 0);
  }
}

}  // namespace tend::os::raw
