#include "os/machine.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "os/clock.hpp"
#include "os/environment.hpp"

namespace tend::os {

std::uint64_t random_bits() noexcept {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
    // Only a seccomp filter refuses; then uniqueness is what matters, not secrecy.
    const auto now = static_cast<std::uint64_t>(realtime_now().time_since_epoch().count());
    bits = now * 0x9e37'79b9'7f4a'7c15UL ^ static_cast<std::uint64_t>(getpid());
  }
  return bits;
}

std::string host_name() {
  utsname name{};
  return ::uname(&name) == 0 && name.nodename[0] != '\0' ? name.nodename : "localhost";
}

void set_process_name(const std::string& name) noexcept {
  prctl(PR_SET_NAME, name.c_str(), 0, 0, 0);
}

void keep_freed_memory(std::size_t bytes_max) noexcept {
  // What is larger gets a mapping of its own, which goes back when it is freed.
  constexpr int mapped_bytes = 4 << 20;
  constexpr std::size_t trim_max = std::numeric_limits<int>::max();
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(std::min(bytes_max, trim_max)));
  ::mallopt(M_MMAP_THRESHOLD, mapped_bytes);
}

std::size_t usable_cpus() noexcept {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  const bool is_known = sched_getaffinity(0, sizeof cpus, &cpus) == 0;
  // EINVAL: a kernel with more CPUs than the set has room for.
  const long count = is_known ? CPU_COUNT(&cpus) : sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : static_cast<std::size_t>(count);
}

std::size_t argument_bytes_max(std::size_t more_environment_bytes) {
  // Three quarters of the usual 8 MiB of stack, whatever the limit is (Linux 4.13).
  constexpr std::size_t kernel_max = std::size_t{6} * 1024 * 1024;
  // The name of the program, what POSIX wants left over, and what the kernel puts there itself.
  constexpr std::size_t spare = 8192;
  const long limit = sysconf(_SC_ARG_MAX);
  const std::size_t most =
      limit > 0 ? std::min(static_cast<std::size_t>(limit), kernel_max) : kernel_max;
  std::size_t taken = spare + more_environment_bytes;
  for (const std::string& variable : own_environment()) {
    taken += variable.size() + 1 + sizeof(char*);
  }
  return most - std::min(most, taken);
}

DescriptorLimit descriptor_limit() noexcept {
  constexpr std::uint64_t usual = 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return {.soft = usual, .hard = usual};
  }
  return {.soft = limit.rlim_cur, .hard = limit.rlim_max};
}

std::uint64_t raise_descriptor_limit() noexcept {
  const DescriptorLimit now = descriptor_limit();
  const rlimit raised{.rlim_cur = now.hard, .rlim_max = now.hard};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? now.hard : now.soft;
}

bool can_set_limit(int resource, std::uint64_t value) noexcept {
  rlimit limit{};
  // The C library declares the resource as an enum of its own in C++.
  if (prlimit(0, static_cast<__rlimit_resource>(resource), nullptr, &limit) != 0) {
    return false;
  }
  return geteuid() == 0 || limit.rlim_max == RLIM_INFINITY || value <= limit.rlim_max;
}

}  // namespace tend::os
