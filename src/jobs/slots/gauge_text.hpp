#pragma once
// What the kernel's texts say about the load, the memory and the processor time of this machine.
// Pure; a text of another form is no answer.

#include <cstdint>
#include <optional>
#include <string_view>

namespace tend::jobs {

/// How many processes wanted to run in the last minute, on average (/proc/loadavg, proc(5)).
[[nodiscard]] std::optional<double> parse_load_average(std::string_view loadavg);

/// How much memory new processes can have without swapping (MemAvailable of /proc/meminfo, Linux
/// 3.14), in bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_available_memory(std::string_view meminfo);

/// How much memory a control group may still take: its memory.max less its memory.current, of which
/// file pages that nobody uses (inactive_file of memory.stat) count as free. Absent: no limit.
[[nodiscard]] std::optional<std::uint64_t> parse_group_memory(std::string_view max,
                                                              std::string_view current,
                                                              std::string_view stat);

/// How many processors' time a control group may use (cpu.max: quota and period). Absent: no limit.
[[nodiscard]] std::optional<double> parse_cpu_quota(std::string_view cpu_max);

}  // namespace tend::jobs
