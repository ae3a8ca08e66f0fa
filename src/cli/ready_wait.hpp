#pragma once
// The waiting of `tend up -d`: until each service is ready, or has shown that it will not be.

#include <optional>
#include <vector>

#include "cli/ask.hpp"
#include "cli/readiness_verdict.hpp"
#include "service/launch.hpp"
#include "service/service_spec.hpp"

namespace tend::cli {

struct Readied {
  std::vector<service::ServiceStatus> services{};
  std::vector<Standing> standings{};  ///< One per service.
};

/// Only services that are wanted count. Fails when the project ends meanwhile; pending ones remain
/// when the deadline comes.
Outcome<Readied> wait_until_ready(const Target& target, const service::ProjectSpec& project,
                                  const os::Fd& keeper, std::optional<os::Instant> deadline);

}  // namespace tend::cli
