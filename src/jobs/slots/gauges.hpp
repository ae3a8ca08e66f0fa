#pragma once
// The gauges of this machine, read now (gauge_text.hpp says what they mean). In a container the
// limits of its control groups are the machine.

#include <cstdint>
#include <optional>

namespace tend::jobs {

/// How many processors this process may use, by its affinity (sched_getaffinity(2)) and by the
/// quotas of its control groups, rounded up; at least 1.
[[nodiscard]] unsigned usable_cores();

/// Absent: /proc does not tell.
[[nodiscard]] std::optional<double> load_average();

/// In bytes. Absent: /proc does not tell.
[[nodiscard]] std::optional<std::uint64_t> available_memory();

}  // namespace tend::jobs
