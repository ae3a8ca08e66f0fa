#include "cli/ask.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <variant>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "service/launch.hpp"

namespace tend::cli {

namespace {

using service::Done;
using service::Request;
using service::Verb;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int attempts_max = 5;
constexpr seconds answer_timeout{15};

/// Whether asking a second time does no more than asking once.
bool may_be_repeated(Verb verb) { return verb != Verb::restart; }

std::unexpected<Failure> not_running(const Target& target, int attempt) {
  if (attempt > 0) {
    return fail(exit_failed, text::format("{} has ended meanwhile", target.name));
  }
  return fail(exit_not_running,
              text::format("{} is not running; `tend up` starts it", target.name));
}

/// Whether there is somebody to ask. The socket alone does not tell: when a keeper is killed, the
/// recorder lives on and holds it open.
Outcome<void> check_is_running(const Target& target, int attempt) {
  const service::Running found = TEND_TRY(service::look_at(target.places));
  if (found.keeper_pid != 0) {
    return {};
  }
  if (!found.left_behind.empty()) {
    return fail(exit_not_running, left_behind_text(target, found));
  }
  return not_running(target, attempt);
}

std::unexpected<Failure> explained(const Error& error, const Target& target, int attempt) {
  if (service::is_not_running(error)) {
    return not_running(target, attempt);
  }
  if (error.code == ETIMEDOUT) {
    return fail(
        exit_failed,
        text::format("{} has not answered in time; `tend status` shows what it does", target.name));
  }
  return std::unexpected(Failure(error));
}

}  // namespace

std::string left_behind_text(const Target& target, const service::Running& running) {
  std::vector<std::string> pids;
  for (const std::int64_t pid : running.left_behind) {
    pids.push_back(std::to_string(pid));
  }
  if (!running.damage.empty()) {
    return text::format("{}; processes of {} live on unattended: pid {}; `tend down` ends them",
                        running.damage, target.name, text::join(pids, ", "));
  }
  return text::format(
      "the keeper of {} was killed, and processes of it live on unattended: pid {}; "
      "`tend up` takes them over, `tend down` ends them",
      target.name, text::join(pids, ", "));
}

Outcome<Done> ask(const Target& target, const Request& request, std::optional<os::Instant> deadline,
                  const OnReply& on_reply) {
  const service::Conversation conversation{
      .socket_path = target.places.control_socket(), .request = request, .deadline = deadline};
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    TEND_TRY(check_is_running(target, attempt));
    const auto done = service::converse(conversation, on_reply);
    if (!done) {
      return explained(done.error(), target, attempt);
    }
    if (*done) {
      return **done;
    }
    if (!may_be_repeated(request.verb)) {
      break;
    }
  }
  return fail(exit_failed, text::format("the director of {} ended while it worked on this; `tend "
                                        "status` shows what became of it",
                                        target.name));
}

Outcome<Snapshot> ask_status(const Target& target, const std::vector<std::string>& names) {
  Snapshot snapshot;
  const Done done =
      TEND_TRY(ask(target, {.verb = Verb::status, .names = names},
                   os::monotonic_now() + answer_timeout, [&snapshot](const service::Reply& reply) {
                     if (const auto* known = std::get_if<service::ServiceStatus>(&reply)) {
                       snapshot.services.push_back(*known);
                     } else if (const auto* project = std::get_if<service::ProjectStatus>(&reply)) {
                       snapshot.project = *project;
                     }
                   }));
  if (done.code != 0) {
    return fail(done.code, done.message);
  }
  return snapshot;
}

Outcome<Patience> patience_of(const Invocation& invocation) {
  if (invocation.has("no-wait")) {
    return Patience{.wait_ms = 0, .deadline = os::monotonic_now() + answer_timeout};
  }
  const auto wait = invocation.value("wait");
  if (!wait) {
    return Patience{};
  }
  const auto duration = parse_duration(*wait);
  if (!duration) {
    return fail(exit_usage, "--wait: " + duration.error().message());
  }
  return Patience{.wait_ms = duration->count(),
                  .deadline = os::monotonic_now() + *duration + answer_timeout};
}

OnReply progress_teller() {
  return [last = std::make_shared<std::string>()](const service::Reply& reply) {
    const auto* progress = std::get_if<service::Progress>(&reply);
    if (progress == nullptr) {
      return;
    }
    std::string line = progress->text;
    if (line.empty()) {
      line = "waiting for " + text::join(progress->waiting_for, ", ");
    }
    if (line != *last) {
      tell(text::printable(line));
      *last = line;
    }
  };
}

}  // namespace tend::cli
