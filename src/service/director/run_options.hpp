#pragma once
// From a spec to what its process is to be like. Pure: numbers and texts; descriptors and cgroup
// are added by whoever opens them.

#include <cstdint>
#include <string>

#include "os/spawn_options.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// What tells a run from all others, for its environment and limits.
struct RunIdentity {
  std::uint32_t token = 0;  ///< StateHeader::mark_token.
  std::uint32_t run = 0;
  std::string notify_address{};  ///< NOTIFY_SOCKET; empty: none.
};

/// TEND_RUN, as descendants inherit it.
[[nodiscard]] std::string run_variable(std::uint32_t token, std::uint32_t run);

[[nodiscard]] os::SpawnOptions run_options(const ServiceSpec& spec, const RunIdentity& identity);

}  // namespace tend::service
