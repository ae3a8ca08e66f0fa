#pragma once
// Bounded reads of /proc/PID. A process can end at any instant: then the answer is ESRCH or ENOENT,
// which is_gone() tells apart from a real failure.

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "os/proc_text.hpp"

namespace tend::os {

/// The pid of this process, asked from the kernel.
[[nodiscard]] std::int32_t own_pid() noexcept;
[[nodiscard]] std::int32_t parent_pid() noexcept;
[[nodiscard]] std::uint32_t effective_uid() noexcept;
[[nodiscard]] std::uint32_t effective_gid() noexcept;

/// Whether the error says that the process has ended meanwhile.
[[nodiscard]] bool is_gone(const Error& error) noexcept;

Result<ProcStat> read_proc_stat(std::int32_t pid);

/// Start time in ticks since boot: together with the boot id it tells two owners of one pid apart.
Result<std::uint64_t> start_time_of(std::int32_t pid);

/// A file of /proc/PID as it is, of at most `bytes_max` bytes.
Result<std::string> read_proc_file(std::int32_t pid, const std::string& name,
                                   std::size_t bytes_max = 1024 * 1024);

/// The children of all threads of a process (/proc/PID/task/TID/children). Children that are born
/// or end during the reading may be missed: read again until nothing changes.
Result<std::vector<std::int32_t>> children_of(std::int32_t pid);

/// The pids of all processes that /proc shows us.
Result<std::vector<std::int32_t>> all_pids();

/// The mark of supervisor runs: RLIMIT_LOCKS of a process.
Result<ProcLimit> locks_limit_of(std::int32_t pid);

Result<std::vector<std::string>> environment_of(std::int32_t pid);

/// /proc/sys/kernel/random/boot_id: new with every boot.
Result<std::string> read_boot_id();

}  // namespace tend::os
