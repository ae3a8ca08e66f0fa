// `tend timeout`: runs a command, and stops its whole tree when it takes too long.

#include <tend/command.hpp>
#include <tend/signal.hpp>

#include <chrono>
#include <csignal>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/process/beside.hpp"
#include "cli/process/timed_run.hpp"

namespace tend::cli {

namespace {

using std::chrono::milliseconds;

constexpr int exit_timed_out = 124;
constexpr milliseconds kill_after_default = std::chrono::seconds(10);
// Longer than anything runs, and far from where times overflow.
constexpr std::chrono::nanoseconds never = std::chrono::hours(24 * 365 * 100);

Outcome<milliseconds> duration_of(std::string_view what, const std::string& text) {
  const auto duration = parse_duration_or_seconds(text);
  if (!duration) {
    return fail(exit_usage, text::format("timeout: {}: {}", what, duration.error().message()));
  }
  return *duration;
}

Outcome<StopLadder> ladder_of(const Invocation& invocation) {
  const std::string name = invocation.value("signal").value_or("TERM");
  const auto number = signal_number(name);
  if (!number) {
    return fail(exit_usage, text::format("timeout: --signal: {} is no signal; `tend signals` lists "
                                         "them",
                                         text::quoted(name)));
  }
  milliseconds kill_after = kill_after_default;
  if (const auto given = invocation.value("kill-after")) {
    kill_after = TEND_TRY(duration_of("--kill-after", *given));
  }
  const bool is_patient = kill_after == milliseconds::zero();
  return StopLadder{.rungs = {{.signal = *number, .wait = is_patient ? never : kill_after}}};
}

int code_of(const TimedEnd& end, const Invocation& invocation) {
  const bool was_killed = end.status.signal() == SIGKILL;
  return !end.is_timed_out || was_killed || invocation.has("preserve-status")
             ? end.status.shell_code()
             : exit_timed_out;
}

}  // namespace

Outcome<int> run_timeout(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.arguments();
  const milliseconds duration = TEND_TRY(duration_of("DURATION", words.front()));
  TimeLimit limit{.ladder = TEND_TRY(ladder_of(invocation)),
                  .is_foreground = invocation.has("foreground")};
  if (duration > milliseconds::zero()) {
    limit.after = duration;
  }
  const auto command = command_words(std::span(words).subspan(1));
  if (command.empty()) {
    return fail(exit_usage, "timeout: a command must follow");
  }
  const auto end =
      run_within(tend::Command(command.front(), {command.begin() + 1, command.end()}), limit);
  if (!end) {
    return not_started(end.error());
  }
  return code_of(*end, invocation);
}

}  // namespace tend::cli
