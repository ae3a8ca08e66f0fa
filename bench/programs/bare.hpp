#pragma once
// Programs without libc: where they begin, and how they tell the bench that they have. What such a
// program costs is what the kernel takes for any program.

#include <ctime>

#include "os/raw/calls.hpp"

#if defined(__x86_64__)
asm(R"(
.globl _start
_start:
  mov %rsp, %rdi
  and $-16, %rsp
  call bare_start
)");
#elif defined(__aarch64__)
asm(R"(
.globl _start
_start:
  mov x0, sp
  bl bare_start
)");
#endif

namespace tend::bench {

/// What a service tells when it begins; bench/supervisors/arrivals.py reads it.
struct Arrival {
  std::int64_t at_ns;   ///< CLOCK_MONOTONIC.
  std::int64_t cpu_ns;  ///< That this process has used so far, its birth included.
  std::int64_t pid;
};

inline std::int64_t clock_ns(int clock) {
  timespec time{};
  os::raw::syscall(__NR_clock_gettime, clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Tells the fifo `path`, and leaves it open: its reader sees the end of file when the last one
/// that told has ended.
inline void arrive(const char* path) {
  const Arrival arrival{.at_ns = clock_ns(CLOCK_MONOTONIC),
                        .cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
                        .pid = os::raw::getpid()};
  const long fifo = os::raw::syscall(__NR_openat, AT_FDCWD, path, O_WRONLY);
  os::raw::write(static_cast<int>(fifo), &arrival, sizeof arrival);
}

}  // namespace tend::bench

/// The program: the kernel puts the number of words in front of them.
extern "C" [[noreturn]] void bare_start(const long* stack);

inline const char* word(const long* stack, int index) {
  return index < *stack ? reinterpret_cast<const char* const*>(stack + 1)[index] : nullptr;
}
