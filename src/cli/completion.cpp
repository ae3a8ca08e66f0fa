// `tend completion SHELL`: scripts made from the table.

#include <array>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/completion_script.hpp"
#include "cli/output.hpp"

namespace tend::cli {

Outcome<int> run_completion(const Invocation& invocation) {
  const std::string& shell = invocation.arguments().front();
  Output out(invocation);
  if (shell == "bash") {
    out.raw(bash_completion());
  } else if (shell == "zsh") {
    out.raw(zsh_completion());
  } else if (shell == "fish") {
    out.raw(fish_completion());
  } else {
    return fail(exit_usage, text::format("completion: no completions for {}; there are bash, zsh "
                                         "and fish",
                                         text::quoted(shell)));
  }
  return out.finish(0);
}

}  // namespace tend::cli
