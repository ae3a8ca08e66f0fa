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

void note_runs(const std::vector<ServiceStatus>& services, os::Instant now, FirstSeen& seen) {
  for (const ServiceStatus& status : services) {
    if (status.run != 0) {
      seen.try_emplace(status.name, now);
    }
  }
}

bool has_pending(const Readied& readied) {
  return std::ranges::find(readied.standings, Standing::pending) != readied.standings.end();
}

/// Those that were not chosen by `tend up NAME`, or that somebody has stopped, are none of our
/// business.
void drop_unwanted(std::vector<ServiceStatus>& services) {
  std::erase_if(services, [](const ServiceStatus& status) { return !status.wanted; });
}

/// Whom to ask about. The answer about all is long where there are many, so while one of those that
/// were missing is known to be missing, only that one is asked about, and all now and then.
class Curiosity {
 public:
  explicit Curiosity(const service::ProjectSpec& project) {
    if (!project.services.empty()) {
      missing_ = project.services.back().name;
    }
  }

  /// Names for the next question; none: all.
  [[nodiscard]] std::vector<std::string> names(os::Instant now) const {
    return missing_.empty() || now >= next_look_at_all_ ? std::vector<std::string>{}
                                                        : std::vector<std::string>{missing_};
  }

  /// After an answer about all.
  void note_all(const Readied& readied, os::Instant now) {
    missing_.clear();
    for (std::size_t i = 0; i < readied.services.size(); ++i) {
      if (readied.standings[i] == Standing::pending) {
        missing_ = readied.services[i].name;
      }
    }
    next_look_at_all_ = now + pause_max;
  }

  /// After an answer about one.
  void note_one(const std::vector<ServiceStatus>& services) {
    const bool is_missing = services.size() == 1 && services.front().wanted &&
                            judge(services, {}).front() == Standing::pending;
    if (!is_missing) {
      missing_.clear();
    }
  }

 private:
  std::string missing_{};
  os::Instant next_look_at_all_ = os::monotonic_now() + pause_max;
};

}  // namespace

Outcome<Readied> wait_until_ready(const Target& target, const service::ProjectSpec& project,
                                  const os::Fd& keeper, std::optional<os::Instant> deadline) {
  FirstSeen seen;
  Curiosity curiosity(project);
  milliseconds pause = pause_min;
  while (true) {
    const bool is_over = deadline && os::monotonic_now() >= *deadline;
    const auto names = is_over ? std::vector<std::string>{} : curiosity.names(os::monotonic_now());
    Snapshot snapshot = TEND_TRY(ask_status(target, names));
    const os::Instant now = os::monotonic_now();
    if (names.empty()) {
      note_runs(snapshot.services, now, seen);
      drop_unwanted(snapshot.services);
      Readied readied{.services = std::move(snapshot.services)};
      readied.standings = judge(readied.services, late_ones(project, seen, now));
      if (!has_pending(readied) || is_over) {
        return readied;
      }
      curiosity.note_all(readied, now);
    } else {
      curiosity.note_one(snapshot.services);
    }
    if (TEND_TRY(
            os::wait_for_exit(keeper, deadline ? std::min(*deadline, now + pause) : now + pause))) {
      return fail(exit_failed, text::format("{} has ended", target.name));
    }
    pause = std::min(2 * pause, pause_max);
  }
}

}  // namespace tend::cli
