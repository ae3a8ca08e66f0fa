// `tend kill`: a signal to a process or to a whole tree; or an ordered end with a second signal.

#include <tend/process_handle.hpp>
#include <tend/signal.hpp>

#include <chrono>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/process/act.hpp"
#include "cli/process/choice.hpp"

namespace tend::cli {

namespace {

constexpr int signal_terminate = 15;
constexpr std::chrono::seconds default_wait{5};
constexpr std::chrono::seconds last_wait{2};

Outcome<int> signal_of(const Invocation& invocation, std::string_view option, int otherwise) {
  const auto word = invocation.value(option);
  if (!word) {
    return otherwise;
  }
  const auto number = signal_number(*word);
  if (!number) {
    return fail(exit_usage, text::format("kill: --{}: {} is no signal; `tend signals` lists them",
                                         option, text::quoted(*word)));
  }
  return *number;
}

Outcome<std::chrono::milliseconds> wait_of(const Invocation& invocation) {
  const auto word = invocation.value("after");
  if (!word) {
    return default_wait;
  }
  if (!invocation.has("then")) {
    return fail(exit_usage, "kill: --after needs --then: which signal comes after that time");
  }
  const auto wait = parse_duration(*word);
  if (!wait) {
    return fail(exit_usage, "kill: --after: " + wait.error().message());
  }
  return *wait;
}

Deed plain_signal(int number) {
  const std::string name = signal_name(number);
  return {.verb = "signal",
          .signal = name,
          .one = [number, name](const ProcessHandle& process) -> Result<std::string> {
            TEND_TRY(process.signal(number));
            return "sent " + name;
          },
          .tree = [number, name](const ProcessHandle& process) -> Result<std::string> {
            TEND_TRY(process.signal_tree(number));
            return "sent " + name;
          }};
}

std::string end_words(const ProcessEnd& end) {
  return end.status ? "has ended: " + end.status->description() : "has ended";
}

Deed ordered_end(const StopLadder& ladder) {
  return {.verb = "stop",
          .signal = signal_name(ladder.rungs.front().signal),
          .one = [ladder](const ProcessHandle& process) -> Result<std::string> {
            return end_words(TEND_TRY(process.stop(ladder)));
          },
          .tree = [ladder](const ProcessHandle& process) -> Result<std::string> {
            return end_words(TEND_TRY(process.stop_tree(ladder)));
          }};
}

}  // namespace

Outcome<int> run_kill(const Invocation& invocation) {
  const int first = TEND_TRY(signal_of(invocation, "signal", signal_terminate));
  const std::chrono::milliseconds wait = TEND_TRY(wait_of(invocation));
  Deed deed = plain_signal(first);
  if (invocation.has("then")) {
    const int then = TEND_TRY(signal_of(invocation, "then", first));
    deed = ordered_end({.rungs = {{first, wait}, {then, last_wait}}});
  }
  deed.is_for_tree = invocation.has("tree");
  const Choices choices = TEND_TRY(
      choose_processes(invocation, invocation.has("all") ? Ambiguity::all : Ambiguity::refused));
  return act_on(choices, deed, invocation);
}

}  // namespace tend::cli
