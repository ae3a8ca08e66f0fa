// `tend help`: the same texts as --help, and the pages made of them.

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/help_text.hpp"
#include "cli/output.hpp"

namespace tend::cli {

Outcome<int> run_help(const Invocation& invocation) {
  Output out(invocation);
  if (invocation.has("markdown")) {
    out.raw(markdown_help());
  } else if (invocation.has("man")) {
    out.raw(man_source());
  } else if (invocation.arguments().empty()) {
    out.raw(overview_help());
  } else {
    const std::string& name = invocation.arguments().front();
    const Command* command = find_command(name);
    if (command == nullptr) {
      return fail(exit_usage,
                  text::format("unknown command {}; see `tend --help`", text::quoted(name)));
    }
    out.raw(command_help(*command));
  }
  return out.finish(0);
}

}  // namespace tend::cli
