#pragma once
// The text of /proc/PID files as values (proc(5)). Pure: it reads nothing; procfs.hpp does.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::os {

/// The fields of /proc/PID/stat and /proc/PID/task/TID/stat that say something to everybody.
struct ProcStat {
  std::int32_t pid = 0;
  std::string
      name{};        ///< As the kernel has it: up to 15 bytes (more for kernel threads), any bytes.
  char state = '?';  ///< R, S, D, T, t, Z, X, P, I.
  std::int32_t parent = 0;
  std::int32_t group = 0;
  std::int32_t session = 0;
  std::int32_t terminal = 0;
  std::int32_t foreground_group = -1;  ///< Of the terminal.
  std::uint32_t flags = 0;             ///< PF_* of the kernel; see has_executed().
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::int32_t nice = 0;
  std::int64_t threads = 0;
  std::uint64_t start_ticks =
      0;  ///< Since boot (CLOCK_BOOTTIME), in clock ticks (sysconf, 100 Hz).
  std::uint64_t virtual_bytes = 0;
  std::uint64_t memory_pages = 0;
  std::int32_t processor = 0;  ///< It ran on last.
  std::uint32_t realtime_priority = 0;
  std::uint32_t policy = 0;  ///< SCHED_*.

  [[nodiscard]] bool is_zombie() const noexcept { return state == 'Z' || state == 'X'; }

  /// Whether the process has called exec since it was forked: PF_FORKNOEXEC, 0x40, is not set.
  [[nodiscard]] bool has_executed() const noexcept { return (flags & 0x40U) == 0; }

  /// PF_KTHREAD.
  [[nodiscard]] bool is_kernel_thread() const noexcept { return (flags & 0x200000U) != 0; }

  bool operator==(const ProcStat&) const = default;
};

/// Nothing if the text is not a whole line of that form. The name may hold spaces, brackets and
/// newlines: it ends at the last closing bracket.
[[nodiscard]] std::optional<ProcStat> parse_proc_stat(std::string_view text);

struct ProcLimit {
  std::uint64_t soft = 0;  ///< UINT64_MAX: unlimited.
  std::uint64_t hard = 0;

  bool operator==(const ProcLimit&) const = default;
};

/// One line of /proc/PID/limits by its label, such as "Max file locks".
[[nodiscard]] std::optional<ProcLimit> parse_proc_limit(std::string_view text,
                                                        std::string_view label);

/// The pids in /proc/PID/task/TID/children, separated by spaces.
[[nodiscard]] std::vector<std::int32_t> parse_proc_children(std::string_view text);

/// NUL-separated strings: /proc/PID/environ and cmdline.
[[nodiscard]] std::vector<std::string> parse_proc_strings(std::string_view text);

/// The value of `key` ("NoNewPrivs") in /proc/PID/status, without leading tabs.
[[nodiscard]] std::optional<std::string_view> parse_proc_status(std::string_view text,
                                                                std::string_view key);

/// The path in the line `0::PATH` of /proc/PID/cgroup: the place in the cgroup2 tree.
[[nodiscard]] std::optional<std::string_view> parse_unified_cgroup(std::string_view text);

/// A mount of /proc/self/mountinfo.
struct MountPoint {
  std::string root{};   ///< Which part of the file system is mounted.
  std::string point{};  ///< Where.

  bool operator==(const MountPoint&) const = default;
};

/// All mounts of this file system type, with \040 and the like decoded.
[[nodiscard]] std::vector<MountPoint> parse_mounts(std::string_view text, std::string_view type);

}  // namespace tend::os
