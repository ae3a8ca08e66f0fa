// `tend exec`: sets everything up that can be set up for a process, and becomes the command.

#include <tend/command.hpp>

#include <cerrno>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/beside.hpp"
#include "cli/process/exec_command.hpp"

namespace tend::cli {

namespace {

constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

/// As a shell tells them apart; whatever failed before the exec is ours.
int code_of(const Error& error) {
  if (error.step != "exec") {
    return exit_tend_failed;
  }
  return error.code == ENOENT || error.code == ENOTDIR ? exit_not_found : exit_not_executable;
}

std::unexpected<Failure> not_started(const Error& error) {
  return fail(code_of(error), error.message());
}

}  // namespace

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
