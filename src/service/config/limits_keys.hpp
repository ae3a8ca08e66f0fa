#pragma once
// The keys `limits` (resource limits, setrlimit(2)) and `log`.

#include <vector>

#include "service/config/key_reader.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

/// A table of NAME = VALUE or NAME = [SOFT, HARD]; one value is both.
[[nodiscard]] std::vector<Limit> read_limits(const Node& node, const Reading& reading);

/// A table of max-size, keep and policy.
[[nodiscard]] LogSpec read_log(const Node& node, const Reading& reading);

}  // namespace tend::service::config
