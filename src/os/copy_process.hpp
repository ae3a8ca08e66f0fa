#pragma once
// A copy of this process (fork(2)) that runs one function and ends there. Not for starting
// programs: that is spawn.hpp, which copies nothing.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <vector>

#include "os/fd.hpp"
#include "os/spawn.hpp"

namespace tend::os {

struct CopyOptions {
  /// SIGKILL for the copy when the thread that made it ends (PR_SET_PDEATHSIG, prctl(2)).
  bool dies_with_thread = true;

  /// The descriptors that stay open in the copy; nothing: all.
  std::optional<std::vector<int>> kept_descriptors{};
};

/// What the copy runs. It must not return: it ends by leave_process().
using CopyFunction = void (*)(void* argument);

/// Before it runs the function, the copy leads a process group of its own, has default actions
/// where we have signal handlers (what is ignored stays ignored), and no signal blocked. Unwritten
/// output of stdio is written before, so that it is not written twice. Forked by libc, whose locks
/// and atfork handlers are in order.
///
/// Errors: EAGAIN, ENOMEM; EMFILE when no descriptor of the copy can be had.
Result<Spawned> copy_process(const CopyOptions& options, CopyFunction function, void* argument);

/// Ends this process at once: no exit handlers, no destructors, no stdio (_exit(2)).
[[noreturn]] void leave_process(int code) noexcept;

/// Writes out what stdio holds back.
void flush_streams() noexcept;

/// From now on exit(3) calls this first, before all that was registered earlier; quick_exit(3) as
/// well, with -1 for a code that cannot be known. It must not return.
void at_exit_first(void (*function)(int code, void* argument), void* argument) noexcept;

}  // namespace tend::os
