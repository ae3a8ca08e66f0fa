#pragma once
// Constants and structures of the kernel's own interface, for code that must not include libc's
// headers. Equal on x86-64 and aarch64 unless said otherwise. Freestanding.

#include <cstdint>

namespace tend::os::raw {

inline constexpr int at_fdcwd = -100;
inline constexpr int at_empty_path = 0x1000;
inline constexpr int o_rdonly = 0;
inline constexpr int o_wronly = 1;
inline constexpr int o_cloexec = 02000000;
#if defined(__aarch64__)
inline constexpr int o_directory = 040000;
#else
inline constexpr int o_directory = 0200000;
#endif

inline constexpr int f_setfd = 2;
inline constexpr int fd_cloexec = 1;
inline constexpr int f_dupfd_cloexec = 1030;
inline constexpr unsigned close_range_unshare = 2;  // Linux 5.9
inline constexpr unsigned close_range_cloexec = 4;  // Linux 5.11

inline constexpr int rlimit_nofile = 7;
inline constexpr int prio_process = 0;

inline constexpr unsigned long terminal_set_controlling = 0x540e;  // TIOCSCTTY
inline constexpr unsigned long terminal_set_group = 0x5410;        // TIOCSPGRP

inline constexpr unsigned long mount_recursive = 0x4000;  // MS_REC
inline constexpr unsigned long mount_slave = 0x80000;     // MS_SLAVE

inline constexpr int capability_count = 64;  // That the kernel's interface has room for.
inline constexpr std::uint32_t capability_version_3 = 0x2008'0522;

inline constexpr int wait_all = 0x40000000;  // __WALL

inline constexpr int signal_count = 64;
inline constexpr int signal_kill = 9;
inline constexpr int signal_child = 17;
inline constexpr int signal_stop = 19;
inline constexpr int signal_setmask = 2;
inline constexpr std::uintptr_t signal_ignore = 1;

inline constexpr int error_permission = 1;      // EPERM
inline constexpr int error_no_entry = 2;        // ENOENT
inline constexpr int error_no_process = 3;      // ESRCH
inline constexpr int error_too_big = 7;         // E2BIG
inline constexpr int error_access = 13;         // EACCES
inline constexpr int error_no_device = 19;      // ENODEV
inline constexpr int error_not_directory = 20;  // ENOTDIR
inline constexpr int error_invalid = 22;        // EINVAL
inline constexpr int error_text_busy = 26;      // ETXTBSY
inline constexpr int error_name_too_long = 36;  // ENAMETOOLONG
inline constexpr int error_no_call = 38;        // ENOSYS
inline constexpr int error_loop = 40;           // ELOOP
inline constexpr int error_not_supported = 95;  // EOPNOTSUPP
inline constexpr int error_timed_out = 110;     // ETIMEDOUT
inline constexpr int error_stale = 116;         // ESTALE
inline constexpr int error_cancelled = 125;     // ECANCELED

inline constexpr std::uint64_t clone_newtime = 0x80;  // Linux 5.6; for clone it is part of a signal
inline constexpr std::uint64_t clone_vm = 0x100;
inline constexpr std::uint64_t clone_files = 0x400;
inline constexpr std::uint64_t clone_pidfd = 0x1000;
inline constexpr std::uint64_t clone_vfork = 0x4000;
inline constexpr std::uint64_t clone_parent = 0x8000;
inline constexpr std::uint64_t clone_newns = 0x20000;
inline constexpr std::uint64_t clone_parent_settid = 0x100000;
inline constexpr std::uint64_t clone_child_cleartid = 0x200000;
inline constexpr std::uint64_t clone_newcgroup = 0x2000000;
inline constexpr std::uint64_t clone_newuts = 0x4000000;
inline constexpr std::uint64_t clone_newipc = 0x8000000;
inline constexpr std::uint64_t clone_newuser = 0x10000000;
inline constexpr std::uint64_t clone_newpid = 0x20000000;
inline constexpr std::uint64_t clone_newnet = 0x40000000;
inline constexpr std::uint64_t clone_clear_sighand = 0x1'0000'0000;  // Linux 5.5, clone3 only
inline constexpr std::uint64_t clone_into_cgroup = 0x2'0000'0000;    // Linux 5.7, clone3 only

/// struct clone_args of Linux 5.7 (CLONE_ARGS_SIZE_VER2).
struct CloneArguments {
  std::uint64_t flags;
  std::uint64_t pidfd;
  std::uint64_t child_tid;
  std::uint64_t parent_tid;
  std::uint64_t exit_signal;
  std::uint64_t stack;  ///< Its lowest address, unlike that of clone.
  std::uint64_t stack_size;
  std::uint64_t tls;
  std::uint64_t set_tid;
  std::uint64_t set_tid_size;
  std::uint64_t cgroup;
};

struct KernelSigaction {
  std::uintptr_t handler;
  unsigned long flags;
  std::uintptr_t restorer;
  std::uint64_t mask;
};

/// __user_cap_header_struct and one of its two __user_cap_data_struct (capset(2)).
struct CapabilityHeader {
  std::uint32_t version;
  std::int32_t pid;
};

struct CapabilityWords {
  std::uint32_t effective;
  std::uint32_t permitted;
  std::uint32_t inheritable;
};

struct KernelTimespec {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

/// struct linux_dirent64 of getdents64(2); `name` goes on to the end of the entry.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[5];
};

}  // namespace tend::os::raw
