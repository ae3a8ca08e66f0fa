#pragma once
// Until, as a call sees it that begins now.

#include <tend/until.hpp>

#include <optional>

#include "os/clock.hpp"

namespace tend::process {

[[nodiscard]] inline std::optional<os::Instant> end_of_wait(Until until) {
  return until.seen_from(os::monotonic_now());
}

}  // namespace tend::process
