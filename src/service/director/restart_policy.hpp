#pragma once
// How soon an ended run is followed by the next one, and how many ends are too many: the arithmetic
// of RestartPolicy. Pure; what it remembers is a plain value inside ServiceState.

#include <array>
#include <cstddef>
#include <cstdint>

#include "service/service_spec.hpp"

namespace tend::service {

/// RestartPolicy::limit is at most one less than this: so many ends can be remembered.
inline constexpr std::size_t ends_max = 64;

/// When the last runs ended, oldest first.
struct RecentEnds {
  std::uint32_t count = 0;
  std::array<std::int64_t, ends_max> at_ns{};

  bool operator==(const RecentEnds&) const = default;
};

/// `ends` without those older than `window_ns`, and with one more at `now_ns`. The oldest one is
/// forgotten when there is no room.
[[nodiscard]] RecentEnds with_end(const RecentEnds& ends, std::int64_t now_ns,
                                  std::int64_t window_ns);

/// Are these ends more than the policy allows in its window?
[[nodiscard]] bool are_too_many(const RecentEnds& ends, const RestartPolicy& policy);

/// The pause before restart number `attempt` (0 is the first after a healthy run): nothing before
/// the first where that comes at once, else delay * factor^n for the n-th pause (from 0), spread by
/// +-jitter, never above max_delay. `random` lies in [0, 1).
[[nodiscard]] std::int64_t restart_delay_ns(const RestartPolicy& policy, std::uint32_t attempt,
                                            double random);

/// Milliseconds as nanoseconds; what is longer than a century is a century.
[[nodiscard]] constexpr std::int64_t to_ns(milliseconds duration) noexcept {
  constexpr milliseconds century = std::chrono::years(100);
  return std::chrono::nanoseconds(duration < century ? duration : century).count();
}

}  // namespace tend::service
