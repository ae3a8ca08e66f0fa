#pragma once
// `tend why` as sentences: from the statuses of all services to what a person wants to know of one.
// Pure: the time is a value.

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_text.hpp"
#include "service/control/control_message.hpp"

namespace tend::cli {

/// One sentence or more per line. `name` must be among the statuses. Whom it waits for is told
/// along the chain, each service once.
[[nodiscard]] std::vector<std::string> explain(std::string_view name,
                                               std::span<const service::ServiceStatus> all,
                                               const Present& present);

}  // namespace tend::cli
