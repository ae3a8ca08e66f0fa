#pragma once
// When `tend up -d` has waited long enough: what has become of each service, judged from its status
// and the time it was given. Pure.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "service/control/control_message.hpp"

namespace tend::cli {

enum class Standing : std::uint8_t {
  pending,  ///< On its way.
  good,     ///< Ready; or done, for a task.
  bad,      ///< Given up, cooling down, or past its ready timeout; or it waits for such a one.
};

/// One standing per status, in the same order. `is_late` tells for each name whether its ready
/// timeout has passed since it was first seen to have a run.
[[nodiscard]] std::vector<Standing> judge(std::span<const service::ServiceStatus> statuses,
                                          const std::map<std::string, bool>& is_late);

}  // namespace tend::cli
