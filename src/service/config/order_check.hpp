#pragma once
// Resolves the names in requires, before and after, and refuses what can never start: unknown
// names, circles, waiting for what will not come.

#include <vector>

#include "service/config/draft.hpp"
#include "service/config/key_reader.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

/// The specs in the same order, with `requires_` and `after` filled in. The names differ.
[[nodiscard]] std::vector<ServiceSpec> resolve_order(std::vector<Draft> drafts,
                                                     const Reading& reading);

}  // namespace tend::service::config
