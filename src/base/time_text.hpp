#pragma once
// Points of wall time as text and back: RFC 3339, and what `--since` understands. Pure: the present
// time and the local offset from UTC are values of the caller.

#include <tend/error.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace tend {

/// A point of CLOCK_REALTIME.
using RealTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// How many digits of the second are shown.
enum class Precision : unsigned char { seconds = 0, milliseconds = 3, nanoseconds = 9 };

/// `2026-05-01T12:30:00.250Z`, or with `+02:00` when there is an offset. Rounded down.
[[nodiscard]] std::string rfc3339(RealTime time, Precision precision = Precision::milliseconds,
                                  std::chrono::minutes utc_offset = {});

/// What a time without a date or an offset is meant relative to.
struct Present {
  RealTime now{};
  std::chrono::minutes utc_offset{};
};

/// RFC 3339; `2026-05-01`, `2026-05-01 12:30`, `12:30:15` (of today) in local time; `10m` or
/// `10m ago` (that long before now); `now`, `today`, `yesterday`; `@1714567890` (seconds since
/// 1970).
[[nodiscard]] Result<RealTime> parse_time(std::string_view text, const Present& present);

}  // namespace tend
