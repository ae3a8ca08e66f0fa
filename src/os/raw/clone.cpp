#include "os/raw/clone.hpp"

#include <asm/unistd.h>

#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

/// clone_stub.S: the system call, after which the child, which may be on a new and empty stack,
/// calls the function instead of returning.
extern "C" long tend_clone_stub(long number, long a, long b, long c, long d, long e,
                                tend::os::raw::ChildFunction function, const void* argument);

namespace tend::os::raw {

namespace {

std::uint64_t address(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

long word(const void* pointer) noexcept { return reinterpret_cast<long>(pointer); }

}  // namespace

long clone_by_clone3(const CloneRequest& request, ChildFunction function,
                     const void* argument) noexcept {
  const CloneArguments arguments = {
      .flags = request.flags,
      .pidfd = address(request.pidfd),
      .child_tid = address(request.child_tid),
      .parent_tid = address(request.parent_tid),
      .exit_signal = static_cast<std::uint64_t>(request.exit_signal),
      .stack = address(request.stack),
      .stack_size = request.stack_bytes,
      .tls = 0,
      .set_tid = 0,
      .set_tid_size = 0,
      .cgroup = request.cgroup_fd < 0 ? 0 : static_cast<std::uint64_t>(request.cgroup_fd),
  };
  // Kernels before 5.7 refuse a structure whose unknown part is not zero, so the whole may be
  // given.
  return tend_clone_stub(__NR_clone3, word(&arguments), sizeof arguments, 0, 0, 0, function,
                         argument);
}

long clone_by_clone(const CloneRequest& request, ChildFunction function,
                    const void* argument) noexcept {
  std::uint64_t flags = request.flags & ~(clone_clear_sighand | clone_into_cgroup);
  const void* parent_tid = request.parent_tid;
  if ((flags & clone_pidfd) != 0) {
    flags &= ~clone_parent_settid;
    parent_tid = request.pidfd;
  }
  const std::uint64_t stack_top =
      request.stack == nullptr ? 0 : address(request.stack) + request.stack_bytes;
  // The order of the last two arguments, child_tid and tls, differs between the architectures;
  // without CLONE_SETTLS the kernel looks at child_tid only.
  return tend_clone_stub(__NR_clone,
                         static_cast<long>(flags | static_cast<std::uint64_t>(request.exit_signal)),
                         static_cast<long>(stack_top), word(parent_tid), word(request.child_tid),
                         word(request.child_tid), function, argument);
}

void run_child_function(const void* input) { run_child(*static_cast<const ChildInput*>(input)); }

}  // namespace tend::os::raw
