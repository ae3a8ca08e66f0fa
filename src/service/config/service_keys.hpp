#pragma once
// The table of one service or task: every key that it may have.

#include <string_view>

#include "service/config/draft.hpp"
#include "service/config/environment.hpp"
#include "service/config/key_reader.hpp"
#include "service/config/surroundings.hpp"

namespace tend::service::config {

/// What the tables of one file have in common.
struct Shared {
  const Surroundings& surroundings;
  const Environment& inherited;
  Reading reading{};
};

/// `entry` is NAME and its table. What is wrong is said, and left at its default.
[[nodiscard]] Draft read_service(const Entry& entry, Kind kind, const Shared& shared);

/// What is wrong with the name of a service, task or project; empty when it is right.
[[nodiscard]] std::string what_is_wrong_with_name(std::string_view name);

}  // namespace tend::service::config
