// `tend exec`: sets everything up that can be set up for a process, and becomes the command.

#include <tend/command.hpp>

#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/beside.hpp"
#include "cli/process/exec_command.hpp"

namespace tend::cli {

Outcome<int> run_exec(const Invocation& invocation) {
  const tend::Command command = TEND_TRY(command_of(invocation));
  if (invocation.has("dry-run")) {
    Output out(invocation);
    out.line(command.description());
    return out.finish(0);
  }
  if (command.wishes().namespaces.kinds.empty()) {
    return not_started(command.exec());
  }
  // Namespaces begin with a new process.
  const auto ended = run_beside(command);
  if (!ended) {
    return not_started(ended.error());
  }
  return ended->shell_code();
}

}  // namespace tend::cli
