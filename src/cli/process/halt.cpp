#include "cli/process/halt.hpp"

#include <tend/process_handle.hpp>

#include <algorithm>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/process/act.hpp"
#include "cli/process/choice.hpp"

namespace tend::cli {

namespace {

Deed pausing() {
  return {.verb = "pause",
          .signal = "SIGSTOP",
          .one = [](const ProcessHandle& process) -> Result<std::string> {
            TEND_TRY(process.suspend());
            return "paused";
          },
          .tree = [](const ProcessHandle& process) -> Result<std::string> {
            TEND_TRY(process.suspend_tree());
            return "paused";
          }};
}

Deed resuming() {
  return {.verb = "resume",
          .signal = "SIGCONT",
          .one = [](const ProcessHandle& process) -> Result<std::string> {
            TEND_TRY(process.resume());
            return "resumed";
          },
          .tree = [](const ProcessHandle& process) -> Result<std::string> {
            TEND_TRY(process.resume_tree());
            return "resumed";
          }};
}

}  // namespace

Outcome<int> halt(const Invocation& invocation, Halt which) {
  Deed deed = which == Halt::pause ? pausing() : resuming();
  deed.is_for_tree = !invocation.has("alone");
  const Choices choices = TEND_TRY(
      choose_processes(invocation, invocation.has("all") ? Ambiguity::all : Ambiguity::refused));
  const int code = TEND_TRY(act_on(choices, deed, invocation));
  if (which == Halt::pause && code == 0 && !invocation.has("dry-run")) {
    for (const Choice& choice : choices.chosen) {
      if (choice.service) {
        complain(
            text::format("{} stays {} for its supervisor, whose timeouts and probes go on; "
                         "`tend resume {}` lets it go on",
                         choice.service->name, choice.service->state, choice.service->name));
      }
    }
  }
  return code;
}

}  // namespace tend::cli
