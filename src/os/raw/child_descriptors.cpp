#include "os/raw/child_descriptors.hpp"

#include <asm/unistd.h>

#include "os/raw/child_report.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

bool is_target(const ChildInput& input, long number) noexcept {
  for (std::uint32_t index = 0; index < input.placement_count; ++index) {
    if (input.placements[index].target == number) {
      return true;
    }
  }
  return false;
}

/// A copy of the source under a number that no placement will overwrite. Copies that land on a
/// target on the way are overwritten by that placement, so none is left behind.
long copy_out_of_the_way(const ChildInput& input, std::int32_t number) noexcept {
  long lowest = 3;
  while (true) {
    const long copy = syscall(__NR_fcntl, number, f_dupfd_cloexec, lowest);
    if (copy < 0 || !is_target(input, copy)) {
      return copy;
    }
    lowest = copy + 1;
  }
}

bool raise_sources(const ChildInput& input) noexcept {
  for (std::uint32_t index = 0; index < input.source_count; ++index) {
    const DescriptorSource& source = input.sources[index];
    input.placed[index] = source.number;
    if (source.is_in_the_way == 0) {
      continue;
    }
    const long copy = copy_out_of_the_way(input, source.number);
    if (!is_done(input.slot, SpawnStep::descriptor, copy,
                 static_cast<std::uint32_t>(source.number))) {
      return false;
    }
    input.placed[index] = static_cast<std::int32_t>(copy);
  }
  return true;
}

void close_one_on_exec(const ChildInput& input, long number) noexcept {
  for (std::uint32_t index = 0; index < input.hole_count; ++index) {
    if (number >= input.holes[index].first && number <= input.holes[index].last) {
      syscall(__NR_fcntl, number, f_setfd, fd_cloexec);
      return;
    }
  }
}

/// The number that a name of /proc/self/fd stands for, or -1.
long number_from(const char* name) noexcept {
  long number = 0;
  if (*name == '\0') {
    return -1;
  }
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') {
      return -1;
    }
    number = number * 10 + (*name - '0');
  }
  return number;
}

/// For kernels before 5.11 and for seccomp profiles that do not know close_range.
bool close_listed_on_exec(const ChildInput& input) noexcept {
  const long list =
      syscall(__NR_openat, at_fdcwd, "/proc/self/fd", o_rdonly | o_directory | o_cloexec, 0);
  if (list < 0) {
    return false;
  }
  // Not cleared, whatever the flags of the build say: that would be a call of memset.
  alignas(DirectoryEntry) char buffer[4096] __attribute__((uninitialized));
  while (true) {
    const long got = syscall(__NR_getdents64, list, &buffer[0], sizeof buffer);
    if (got <= 0) {
      return got == 0;
    }
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(&buffer[at]);
      close_one_on_exec(input, number_from(entry->name));
      at += entry->length;
    }
  }
}

/// The last resort, without /proc: every number below the limit, within reason.
void close_counted_on_exec(const ChildInput& input) noexcept {
  constexpr std::uint64_t numbers_max = 1U << 20U;
  std::uint64_t limit[2] = {numbers_max, numbers_max};
  syscall(__NR_prlimit64, 0, rlimit_nofile, nullptr, &limit[0]);
  const std::uint64_t end = limit[0] < numbers_max ? limit[0] : numbers_max;
  for (std::uint64_t number = 3; number < end; ++number) {
    close_one_on_exec(input, static_cast<long>(number));
  }
}

}  // namespace

bool place_descriptors(const ChildInput& input) noexcept {
  if (!raise_sources(input)) {
    return false;
  }
  for (std::uint32_t index = 0; index < input.placement_count; ++index) {
    const DescriptorPlacement& placement = input.placements[index];
    const std::int32_t from = input.placed[placement.source];
    // dup3 refuses equal numbers; there only the close-on-exec flag has to go.
    const long result = from == placement.target ? syscall(__NR_fcntl, from, f_setfd, 0)
                                                 : syscall(__NR_dup3, from, placement.target, 0);
    if (!is_done(input.slot, SpawnStep::descriptor, result,
                 static_cast<std::uint32_t>(placement.target))) {
      return false;
    }
  }
  return true;
}

void close_others_on_exec(const ChildInput& input) noexcept {
  for (std::uint32_t index = 0; index < input.hole_count; ++index) {
    const long result = syscall(__NR_close_range, input.holes[index].first, input.holes[index].last,
                                close_range_cloexec);
    if (result < 0) {
      if (!close_listed_on_exec(input)) {
        close_counted_on_exec(input);
      }
      return;
    }
  }
}

}  // namespace tend::os::raw
