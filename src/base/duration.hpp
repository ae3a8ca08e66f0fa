#pragma once
// Durations as people write them: `500ms`, `30s`, `5m`, `2h`, `1d`, `1m30s`, `1.5s`.

#include <tend/error.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace tend {

/// Units are ms, s, m, h and d, from large to small, each once; a fraction is allowed in the last
/// part, down to one millisecond. A number needs its unit, except for 0. At most 36500d.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The same, and a number alone is seconds: for commands whose kin (timeout(1), sleep(1)) have it
/// so.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration_or_seconds(std::string_view text);

/// Exact, and parse_duration() reads it back: `1m30s`, `250ms`, `0s`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// For a glance, at most two units: `850ms`, `12.3s`, `4m05s`, `2h03m`, `3d04h`.
[[nodiscard]] std::string human_duration(std::chrono::nanoseconds duration);

}  // namespace tend
