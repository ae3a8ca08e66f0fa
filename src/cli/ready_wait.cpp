#include "cli/ready_wait.hpp"

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/pidfd.hpp"

namespace tend::cli {

namespace {

using service::ServiceStatus;
using std::chrono::milliseconds;

constexpr milliseconds pause_min{10};
constexpr milliseconds pause_max{250};

/// Since when each service was seen to have a run.
using FirstSeen = std::map<std::string, os::Instant>;

std::map<std::string, bool> late_ones(const service::ProjectSpec& project, const FirstSeen& seen,
                                      os::Instant now) {
  std::map<std::string, bool> late;
  for (const service::ServiceSpec& spec : project.services) {
    const auto since = seen.find(spec.name);
    late[spec.name] = since != seen.end() && now > since->second + spec.ready.timeout;
  }
  return late;
}

bool has_pending(const Readied& readied) {
  return std::ranges::find(readied.standings, Standing::pending) != readied.standings.end();
}

/// Those that were not chosen by `tend up NAME`, or that somebody has stopped, are none of our
/// business.
void drop_unwanted(std::vector<ServiceStatus>& services) {
  std::erase_if(services, [](const ServiceStatus& status) { return !status.wanted; });
}

}  // namespace

Outcome<Readied> wait_until_ready(const Target& target, const service::ProjectSpec& project,
                                  const os::Fd& keeper, std::optional<os::Instant> deadline) {
  FirstSeen seen;
  milliseconds pause = pause_min;
  while (true) {
    Snapshot snapshot = TEND_TRY(ask_status(target, {}));
    const os::Instant now = os::monotonic_now();
    for (const ServiceStatus& status : snapshot.services) {
      if (status.run != 0) {
        seen.try_emplace(status.name, now);
      }
    }
    drop_unwanted(snapshot.services);
    Readied readied{.services = std::move(snapshot.services)};
    readied.standings = judge(readied.services, late_ones(project, seen, now));
    if (!has_pending(readied) || (deadline && now >= *deadline)) {
      return readied;
    }
    if (TEND_TRY(
            os::wait_for_exit(keeper, deadline ? std::min(*deadline, now + pause) : now + pause))) {
      return fail(exit_failed, text::format("{} has ended", target.name));
    }
    pause = std::min(2 * pause, pause_max);
  }
}

}  // namespace tend::cli
