#pragma once
// The key `ready`: how a service tells, or is asked, whether it is ready.

#include "service/config/key_reader.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

/// The word none or notify, or a table with one means, `timeout` and `every`. What is wrong is
/// said, and left at its default.
[[nodiscard]] Readiness read_readiness(const Node& node, const Reading& reading);

}  // namespace tend::service::config
