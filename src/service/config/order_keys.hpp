#pragma once
// The keys `requires`, `before` and `after`, as names; order_check resolves them.

#include "service/config/draft.hpp"
#include "service/config/key_reader.hpp"

namespace tend::service::config {

void read_order(KeyReader& keys, Draft& draft);

}  // namespace tend::service::config
