#include "os/raw/child_exec.hpp"

#include <asm/unistd.h>

#include "os/raw/child_report.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

bool is_about_this_path(long result) noexcept {
  switch (-result) {
    case error_no_entry:
    case error_not_directory:
    case error_access:
    case error_permission:
    case error_loop:
    case error_name_too_long:
    case error_stale:
    case error_no_device:
    case error_timed_out: return true;
    default: return false;
  }
}

/// One exec of a path, or, where the path is empty, of the file behind `descriptor`.
long execute_once(const ChildInput& input, const char* path, long descriptor) noexcept {
  return *path == '\0'
             ? syscall(__NR_execveat, descriptor, path, input.argv, input.envp, at_empty_path)
             : syscall(__NR_execve, path, input.argv, input.envp);
}

/// A file that somebody has open for writing is tried again for about 60 ms: often it is another
/// thread's child that will close it by its own exec in a moment.
long execute(const ChildInput& input, const char* path, long descriptor = -1) noexcept {
  long pause_ns = 1'000'000;
  constexpr long pause_ns_max = 32'000'000;
  while (true) {
    const long result = execute_once(input, path, descriptor);
    if (result != -error_text_busy || pause_ns > pause_ns_max) {
      return result;
    }
    const KernelTimespec pause = {.seconds = 0, .nanoseconds = pause_ns};
    syscall(__NR_nanosleep, &pause, nullptr);
    pause_ns *= 2;
  }
}

void execute_descriptor(const ChildInput& input) noexcept {
  // A script is opened anew by its interpreter, as /dev/fd/N: that works where N survives exec, so
  // a target of the child is preferred to a copy that does not.
  const std::int32_t number =
      input.program_target >= 0 ? input.program_target : input.placed[input.program_source];
  static_cast<void>(is_done(input.slot, SpawnStep::exec, execute(input, "", number)));
}

void execute_candidates(const ChildInput& input) noexcept {
  long told = -error_no_entry;
  std::uint32_t told_index = 0;
  for (std::uint32_t index = 0; input.candidates[index] != nullptr; ++index) {
    const long result = execute(input, input.candidates[index]);
    if (!is_about_this_path(result)) {
      told = result;
      told_index = index;
      break;
    }
    // The first answer that says more than "not here", or that of the only candidate.
    const bool is_only = index == 0 && input.candidates[1] == nullptr;
    if (is_only ||
        (told == -error_no_entry && result != -error_no_entry && result != -error_not_directory)) {
      told = result;
      told_index = index;
    }
  }
  static_cast<void>(is_done(input.slot, SpawnStep::exec, told, told_index));
}

}  // namespace

void execute_program(const ChildInput& input) noexcept {
  if (input.program_source >= 0) {
    execute_descriptor(input);
  } else {
    execute_candidates(input);
  }
}

}  // namespace tend::os::raw
