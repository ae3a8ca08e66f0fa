#pragma once
// The time zone of this machine or of TZ (tzset(3)), as an offset from UTC.

#include <chrono>

#include "os/clock.hpp"

namespace tend::os {

/// East of Greenwich is positive. Offsets with seconds, as in years long gone, are cut.
[[nodiscard]] std::chrono::minutes utc_offset_at(WallTime time) noexcept;

}  // namespace tend::os
