#pragma once
// The smaller texts of /proc/PID as values: limits, cgroup, io, smaps_rollup, the links in ns
// (proc(5)). Pure; what is not of the known form is passed over.

#include <tend/inspect/process.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace tend::inspect {

/// /proc/PID/limits: every line but the heading.
[[nodiscard]] std::vector<Limit> parse_limits(std::string_view text);

/// /proc/PID/cgroup: `HIERARCHY:CONTROLLERS:PATH` lines.
[[nodiscard]] std::vector<CgroupPlace> parse_cgroups(std::string_view text);

/// /proc/PID/io.
[[nodiscard]] InputOutput parse_input_output(std::string_view text);

/// /proc/PID/smaps_rollup.
[[nodiscard]] ProportionalMemory parse_proportional_memory(std::string_view text);

/// `net:[4026531840]`.
[[nodiscard]] std::optional<Namespace> parse_namespace(std::string_view link);

/// /proc/PID/syscall of a sleeping thread: its stack pointer, the last but one of the numbers.
[[nodiscard]] std::optional<std::uint64_t> parse_stack_pointer(std::string_view text);

}  // namespace tend::inspect
