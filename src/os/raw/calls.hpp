#pragma once
// The system calls of the keeper by name, without libc: each returns what the kernel returned, a
// value >= 0 or -errno. Thin on purpose; man page section 2 has the rest.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "os/raw/syscall.hpp"

namespace tend::os::raw {

/// The kernel's signal set: one bit per signal, signal n at bit n - 1.
using SignalBits = std::uint64_t;

constexpr SignalBits bit_of(int signal) noexcept { return SignalBits{1} << (signal - 1); }

inline long close(int fd) noexcept { return syscall(__NR_close, fd); }

inline long read(int fd, void* buffer, std::size_t bytes) noexcept {
  return syscall(__NR_read, fd, buffer, bytes);
}

inline long write(int fd, const void* buffer, std::size_t bytes) noexcept {
  return syscall(__NR_write, fd, buffer, bytes);
}

inline long getpid() noexcept { return syscall(__NR_getpid); }
inline long getppid() noexcept { return syscall(__NR_getppid); }

inline long fcntl(int fd, int command, long argument = 0) noexcept {
  return syscall(__NR_fcntl, fd, command, argument);
}

/// A null `timeout` waits for ever.
inline long ppoll(pollfd* fds, std::size_t count, timespec* timeout) noexcept {
  return syscall(__NR_ppoll, fds, count, timeout, nullptr, sizeof(SignalBits));
}

/// `usage` may be null. With WNOWAIT the child stays a zombie.
inline long waitid(int id_type, pid_t id, siginfo_t* info, int options, rusage* usage) noexcept {
  return syscall(__NR_waitid, id_type, id, info, options, usage);
}

/// A copy of this process, memory included; 0 in the child. Without libc's handlers and locks, so
/// the child may only make raw calls until it executes a program.
/// With `pid_place` the kernel stores the child's pid there before the child runs
/// (CLONE_PARENT_SETTID, clone(2)).
inline long fork_process(std::int32_t* pid_place = nullptr) noexcept {
  constexpr long clone_parent_settid = 0x0010'0000;
  const long flags = SIGCHLD | (pid_place != nullptr ? clone_parent_settid : 0);
  return syscall(__NR_clone, flags, 0L, pid_place, 0L, 0L);
}

/// Executes the file behind `fd` (execveat(2) with AT_EMPTY_PATH, Linux 3.19).
inline long exec_fd(int fd, char* const* argv, char* const* envp) noexcept {
  return syscall(__NR_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}

inline long execve(const char* path, char* const* argv, char* const* envp) noexcept {
  return syscall(__NR_execve, path, argv, envp);
}

[[noreturn]] inline void exit_process(int code) noexcept {
  for (;;) {
    syscall(__NR_exit_group, code);
  }
}

inline long kill(pid_t pid, int signal) noexcept { return syscall(__NR_kill, pid, signal); }

inline long set_signal_mask(SignalBits blocked) noexcept {
  return syscall(__NR_rt_sigprocmask, SIG_SETMASK, &blocked, nullptr, sizeof blocked);
}

inline long signalfd(SignalBits signals) noexcept {
  constexpr int flags = O_CLOEXEC | O_NONBLOCK;  // SFD_CLOEXEC and SFD_NONBLOCK are the same bits.
  return syscall(__NR_signalfd4, -1, &signals, sizeof signals, flags);
}

inline long prctl(int option, unsigned long argument) noexcept {
  return syscall(__NR_prctl, option, argument, 0L, 0L, 0L);
}

inline long socketpair(int type, int* pair) noexcept {
  return syscall(__NR_socketpair, AF_UNIX, type, 0, pair);
}

inline long sendmsg(int fd, const msghdr* message, int flags) noexcept {
  return syscall(__NR_sendmsg, fd, message, flags);
}

inline long recvmsg(int fd, msghdr* message, int flags) noexcept {
  return syscall(__NR_recvmsg, fd, message, flags);
}

inline long mmap(std::size_t bytes, int protection, int flags, int fd) noexcept {
  return syscall(__NR_mmap, nullptr, bytes, protection, flags, fd, 0L);
}

/// CLOCK_MONOTONIC in nanoseconds.
inline std::uint64_t monotonic_ns() noexcept {
  timespec now{};
  syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ULL +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline long set_limit(int resource, const rlimit* limit, rlimit* old) noexcept {
  return syscall(__NR_prlimit64, 0, resource, limit, old);
}

inline long pread(int fd, void* buffer, std::size_t bytes, long offset) noexcept {
  return syscall(__NR_pread64, fd, buffer, bytes, offset);
}

/// A file without a name, in memory (Linux 3.17).
inline long memfd_create(const char* name, unsigned flags) noexcept {
  return syscall(__NR_memfd_create, name, flags);
}

/// lseek(2) to the end: the size of a regular file.
inline long size_of(int fd) noexcept { return syscall(__NR_lseek, fd, 0L, SEEK_END); }

inline long setsid() noexcept { return syscall(__NR_setsid); }

}  // namespace tend::os::raw
