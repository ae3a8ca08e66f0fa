#pragma once
// This process and its machine: randomness, the name it shows, its limits of descriptors and
// arguments.

#include <cstddef>
#include <cstdint>
#include <string>

namespace tend::os {

/// 64 bits from the kernel (getrandom(2), Linux 3.17).
[[nodiscard]] std::uint64_t random_bits() noexcept;

/// The name of this machine in its network (uname(2)); "localhost" if it has none.
[[nodiscard]] std::string host_name();

/// The name that `ps` shows (PR_SET_NAME, prctl(2)); cut after 15 bytes.
void set_process_name(const std::string& name) noexcept;

/// On how many CPUs this thread may run (sched_getaffinity(2)); at least 1.
[[nodiscard]] std::size_t usable_cpus() noexcept;

/// How many bytes of arguments can be given to a program that also gets our environment and
/// `more_environment_bytes` (execve(2), Limits on size of arguments and environment). Strings count
/// with their NUL byte and a pointer.
[[nodiscard]] std::size_t argument_bytes_max(std::size_t more_environment_bytes = 0);

/// Memory that is freed stays with this process for what it allocates next, up to so many bytes,
/// instead of going back to the kernel, which would have to clear and count each page of it again
/// (mallopt(3), M_TRIM_THRESHOLD and M_MMAP_THRESHOLD). For who holds as much again and again.
void keep_freed_memory(std::size_t bytes_max) noexcept;

/// RLIMIT_NOFILE: how many descriptors a process may have open.
struct DescriptorLimit {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

[[nodiscard]] DescriptorLimit descriptor_limit() noexcept;

/// Raises the soft limit to the hard one; the soft limit that is then in force. Children inherit
/// it: give them back what descriptor_limit() was.
std::uint64_t raise_descriptor_limit() noexcept;

/// Whether this process may give a child this soft and hard limit (setrlimit(2)): it is root, or
/// the limit is not above its own hard one.
[[nodiscard]] bool can_set_limit(int resource, std::uint64_t value) noexcept;

}  // namespace tend::os
