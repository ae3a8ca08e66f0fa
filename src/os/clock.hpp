#pragma once
// The only place that reads a clock. Everything else gets the time as a value.

#include <chrono>

namespace tend::os {

/// A point of CLOCK_MONOTONIC (what libstdc++'s steady_clock is made of), in nanoseconds.
using Instant = std::chrono::steady_clock::time_point;

/// A point of wall time, in nanoseconds since 1970.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

[[nodiscard]] Instant monotonic_now() noexcept;

[[nodiscard]] WallTime realtime_now() noexcept;

/// CLOCK_BOOTTIME: the clock of the start times in /proc/PID/stat; it runs on in suspend.
[[nodiscard]] std::chrono::nanoseconds boottime_now() noexcept;

}  // namespace tend::os
