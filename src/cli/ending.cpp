#include "cli/ending.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "os/pidfd.hpp"
#include "service/left_behind.hpp"

namespace tend::cli {

namespace {

using std::chrono::seconds;

// After the connection closed the keeper still waits for the recorder to write what is left.
constexpr seconds keeper_end_timeout{10};
constexpr seconds order_timeout{5};
constexpr int requests_max = 5;

/// Nothing: there is no such process any more.
Outcome<std::optional<os::Fd>> keeper_of(const service::Running& running) {
  auto keeper = os::open_pidfd(static_cast<std::int32_t>(running.keeper_pid));
  if (!keeper && keeper.error().code == ESRCH) {
    return std::nullopt;
  }
  if (!keeper) {
    return std::unexpected(Failure(keeper.error()));
  }
  return *std::move(keeper);
}

/// A keeper that was killed meanwhile has stopped nothing.
Outcome<int> check_nothing_left(const Target& target) {
  const service::Running now = TEND_TRY(service::look_at(target.places));
  if (now.keeper_pid == 0 && !now.left_behind.empty()) {
    return fail(exit_failed, left_behind_text(target, now));
  }
  service::remove_empty_group(target.places);
  return 0;
}

std::optional<os::Instant> earlier(std::optional<os::Instant> left, os::Instant right) {
  return left ? std::min(*left, right) : right;
}

}  // namespace

Outcome<int> end_project(const Target& target, const service::Running& running,
                         std::optional<os::Instant> deadline) {
  const std::optional<os::Fd> keeper = TEND_TRY(keeper_of(running));
  if (!keeper) {
    return 0;
  }
  const service::Conversation conversation{.socket_path = target.places.control_socket(),
                                           .request = {.verb = service::Verb::down},
                                           .deadline = deadline};
  const OnReply on_reply = progress_teller();
  for (int attempt = 0; attempt < requests_max; ++attempt) {
    const auto done = service::converse(conversation, on_reply);
    if (!done && done.error().code == ETIMEDOUT) {
      return fail(exit_failed, text::format("{} is still stopping; `tend down --hurry` hurries it",
                                            target.name));
    }
    if (!done && !service::is_not_running(done.error())) {
      return std::unexpected(Failure(done.error()));
    }
    if (done && *done && (*done)->code != 0) {
      return fail((*done)->code, text::printable((*done)->message));
    }
    // A director that was killed closes the connection too: then the keeper is still there.
    const auto limit = earlier(deadline, os::monotonic_now() + keeper_end_timeout);
    if (TEND_TRY(os::wait_for_exit(*keeper, limit))) {
      return check_nothing_left(target);
    }
  }
  return fail(exit_failed, text::format("the keeper of {} (pid {}) does not end", target.name,
                                        running.keeper_pid));
}

Outcome<void> order(const Target& target, service::Verb verb) {
  auto client = service::ControlClient::connect(target.places.control_socket());
  if (!client) {
    return std::unexpected(Failure(client.error()));
  }
  TEND_TRY(client->send({.verb = verb, .wait_ms = 0}));
  // The first answer, or the end of the connection, says that the order was read.
  const auto answer = client->next(os::monotonic_now() + order_timeout);
  if (!answer) {
    return std::unexpected(Failure(answer.error()));
  }
  return {};
}

Outcome<int> clean_up(const Target& target, const service::Running& running) {
  TEND_TRY(service::end_left_behind(target.places));
  std::vector<std::string> pids;
  std::ranges::transform(running.left_behind, std::back_inserter(pids),
                         [](std::int64_t pid) { return std::to_string(pid); });
  tell(text::format("{}: ended what its dead keeper had left behind: pid {}", target.name,
                    text::join(pids, ", ")));
  return 0;
}

}  // namespace tend::cli
