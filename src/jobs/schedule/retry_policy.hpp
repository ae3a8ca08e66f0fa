#pragma once
// RetryPolicy: how often a job is tried, and how long to wait before the next time. Pure.

#include <tend/error.hpp>

#include <chrono>
#include <string_view>

namespace tend::jobs {

struct RetryPolicy {
  unsigned attempts_max = 1;  ///< In all, the first one included.
  std::chrono::nanoseconds pause_first{};
  std::chrono::nanoseconds pause_max{};  ///< Pauses double up to this.

  bool operator==(const RetryPolicy&) const = default;
};

/// `N`, `N,backoff=TIME` (the same pause each time) or `N,backoff=FIRST..MOST` (doubling).
[[nodiscard]] Result<RetryPolicy> parse_retries(std::string_view text);

/// The pause after so many failed attempts, 1 or more.
[[nodiscard]] std::chrono::nanoseconds retry_pause(const RetryPolicy& policy, unsigned failures);

}  // namespace tend::jobs
