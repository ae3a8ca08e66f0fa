// `tend down`: ends a project, or what is left of one.

#include <chrono>
#include <optional>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/ending.hpp"
#include "cli/output.hpp"
#include "service/left_behind.hpp"

namespace tend::cli {

Outcome<int> run_down(const Invocation& invocation) {
  const Target target = TEND_TRY(find_target(invocation));
  const Patience patience = TEND_TRY(patience_of(invocation));
  const service::Running running = TEND_TRY(service::look_at(target.places));
  if (running.keeper_pid == 0 && !running.left_behind.empty()) {
    return clean_up(target, running);
  }
  if (running.keeper_pid == 0) {
    service::remove_empty_group(target.places);
    return fail(exit_not_running, text::format("{} is not running", target.name));
  }
  if (invocation.has("no-wait") || invocation.has("hurry")) {
    TEND_TRY(order(target, service::Verb::down));
  }
  if (invocation.has("hurry")) {
    TEND_TRY(order(target, service::Verb::hurry));
  }
  if (invocation.has("no-wait")) {
    return 0;
  }
  std::optional<os::Instant> deadline;
  if (patience.wait_ms) {
    deadline = os::monotonic_now() + std::chrono::milliseconds(*patience.wait_ms);
  }
  const int code = TEND_TRY(end_project(target, running, deadline));
  tell(text::format("{} has ended", target.name));
  return code;
}

}  // namespace tend::cli
