#pragma once
// The keys `user` and `group`: as whom a service runs.

#include <optional>

#include "service/config/key_reader.hpp"
#include "service/config/surroundings.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

struct WhoRuns {
  std::optional<Identity> identity{};  ///< Absent: the same as tend.
  std::optional<User> user{};          ///< Set when the file names a user that the database has.
};

[[nodiscard]] WhoRuns read_identity(KeyReader& keys, const Surroundings& surroundings);

}  // namespace tend::service::config
