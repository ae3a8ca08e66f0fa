#include "cli/readiness_verdict.hpp"

#include <algorithm>
#include <cstddef>

namespace tend::cli {

namespace {

using service::ServiceStatus;

Standing alone(const ServiceStatus& status, bool is_late) {
  if (status.ready || status.state == "done") {
    return Standing::good;
  }
  if (status.state == "cooling-down" || status.state == "failed" || is_late) {
    return Standing::bad;
  }
  if (status.state == "backoff" && status.last_exit && status.last_exit->how == "not started") {
    return Standing::bad;  // A program that is not there will not come by waiting for it.
  }
  if (status.state == "stopped" && (status.last_exit || !status.wanted)) {
    // A service that ended with success and is not brought back did what it was to do.
    const bool succeeded = status.last_exit && status.last_exit->code == 0;
    return succeeded ? Standing::good : Standing::bad;
  }
  return Standing::pending;
}

}  // namespace

std::vector<Standing> judge(std::span<const ServiceStatus> statuses,
                            const std::map<std::string, bool>& is_late) {
  std::map<std::string_view, Standing> by_name;
  for (const ServiceStatus& status : statuses) {
    const auto late = is_late.find(status.name);
    by_name[status.name] = alone(status, late != is_late.end() && late->second);
  }
  // Who waits for a bad one waits in vain, and so on along the chain: at most one round per
  // service.
  for (std::size_t round = 0; round < statuses.size(); ++round) {
    bool has_changed = false;
    for (const ServiceStatus& status : statuses) {
      const bool waits_in_vain =
          status.state == "waiting" && by_name[status.name] == Standing::pending &&
          std::ranges::any_of(status.waiting_for, [&by_name](const std::string& name) {
            const auto other = by_name.find(name);
            return other != by_name.end() && other->second == Standing::bad;
          });
      if (waits_in_vain) {
        by_name[status.name] = Standing::bad;
        has_changed = true;
      }
    }
    if (!has_changed) {
      break;
    }
  }
  std::vector<Standing> standings;
  std::ranges::transform(statuses, std::back_inserter(standings),
                         [&by_name](const ServiceStatus& status) { return by_name[status.name]; });
  return standings;
}

}  // namespace tend::cli
