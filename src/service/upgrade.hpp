#pragma once
// An upgrade in place, from outside: whether it would work, and whether it has.

#include <tend/error.hpp>

#include <cstdint>
#include <string>

#include "service/places.hpp"

namespace tend::service {

/// Tries whether this program, and `keeper` as its keeper, can go on with the running project:
/// reads its state file, and has the keeper do so. An error says what does not work.
[[nodiscard]] Result<> check_upgrade(const Places& places, const std::string& keeper);

/// How often the keeper of this project has become another program.
[[nodiscard]] Result<std::uint32_t> upgrades_of(const Places& places);

}  // namespace tend::service
