#pragma once
// `tend up` after the keeper was killed: it adopts what lives, with the code that ships.

#include <cstdint>
#include <optional>
#include <span>

#include "service/world/machine.hpp"

namespace tend::service::world {

/// Whether there is a keeper now. It may be killed itself at each of its calls (`dies_after` > 0),
/// which leaves everything to the next one. `chosen`: services that it is to start.
[[nodiscard]] bool take_over(Machine& machine, std::optional<std::span<const std::uint32_t>> chosen,
                             std::uint32_t dies_after);

}  // namespace tend::service::world
