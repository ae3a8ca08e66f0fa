#pragma once
// Who waits for whom, with the place in the file that says so: finds circles and tells them.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "service/config/draft.hpp"
#include "service/config/problem.hpp"

namespace tend::service::config {

enum class WaitReason : std::uint8_t { requires_, after, before };

/// `who` starts only after `on`, because of what stands at `at`.
struct Wait {
  std::uint32_t who = 0;
  std::uint32_t on = 0;
  WaitReason reason = WaitReason::after;
  Position at{};
};

/// One problem for each circle that a walk through the graph closes: at least one for every group
/// of services that wait for each other.
[[nodiscard]] std::vector<Problem> find_circles(std::span<const Draft> drafts,
                                                std::span<const Wait> waits);

}  // namespace tend::service::config
