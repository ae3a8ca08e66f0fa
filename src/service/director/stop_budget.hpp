#pragma once
// How long the stop of a whole project may take. Pure.

#include <chrono>
#include <cstdint>

#include "service/director/restart_policy.hpp"

namespace tend::service {

/// Engines of containers send SIGTERM to PID 1 and SIGKILL ten seconds later: that would take all
/// that is left in no order, the last lines of the logs included.
inline constexpr std::chrono::milliseconds stop_within_as_pid_one{9'000};

/// The time that a stop may take; 0: as long as the services' own stages take. `said` is what the
/// file says, 0 if it says nothing.
[[nodiscard]] constexpr std::chrono::milliseconds stop_budget(std::chrono::milliseconds said,
                                                              bool is_pid_one) noexcept {
  return said.count() == 0 && is_pid_one ? stop_within_as_pid_one : said;
}

/// When a stop that began at `begin_ns` has to be over; 0: there is no such time.
[[nodiscard]] constexpr std::int64_t stop_deadline_ns(std::chrono::milliseconds budget,
                                                      std::int64_t begin_ns) noexcept {
  return budget.count() == 0 ? 0 : begin_ns + to_ns(budget);
}

}  // namespace tend::service
