#pragma once
// One request to a running project, from the command line's side: who is not running, who ended
// meanwhile, and what it means for the exit code.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/target.hpp"
#include "service/control/control_client.hpp"
#include "service/control/control_message.hpp"
#include "service/launch.hpp"

namespace tend::cli {

using OnReply = std::function<void(const service::Reply&)>;

/// Asks and waits for Done. A director that is replaced meanwhile is asked again. Failures: 4 when
/// the project does not run, 1 when it ended, or did not answer until the deadline.
Outcome<service::Done> ask(const Target& target, const service::Request& request,
                           std::optional<os::Instant> deadline, const OnReply& on_reply);

struct Snapshot {
  std::vector<service::ServiceStatus> services{};
  service::ProjectStatus project{};
};

/// The statuses of the named services, or of all.
Outcome<Snapshot> ask_status(const Target& target, const std::vector<std::string>& names);

/// What a killed keeper left, for people.
[[nodiscard]] std::string left_behind_text(const Target& target, const service::Running& running);

/// How long to wait, from --wait and --no-wait: nothing means as long as it takes.
struct Patience {
  std::optional<std::int64_t> wait_ms{};
  /// Until when an answer must have come: a little more than we asked the director to wait.
  std::optional<os::Instant> deadline{};
};
Outcome<Patience> patience_of(const Invocation& invocation);

/// Makes `Progress` visible on standard error, each wait only once.
OnReply progress_teller();

}  // namespace tend::cli
