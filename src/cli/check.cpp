// `tend check`: everything that is wrong with a file, or the order in which it starts.

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/start_order.hpp"
#include "cli/target.hpp"

namespace tend::cli {

Outcome<int> run_check(const Invocation& invocation) {
  const bool is_named = !invocation.arguments().empty();
  if (is_named && invocation.has("file")) {
    return fail(exit_usage, "check: the file is given twice");
  }
  const Loaded loaded =
      TEND_TRY(is_named ? load_file(invocation.arguments().front(), invocation) : load(invocation));
  const service::ProjectSpec& project = loaded.spec;
  Output out(invocation);
  out.line(text::format("{}: {}: ok", text::printable(loaded.file), count_words(project)));
  out.line("order of starting:");
  const auto steps = start_steps(project);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::vector<std::string> names;
    for (const std::uint32_t index : steps[i]) {
      names.push_back(project.services[index].name);
    }
    out.line(text::format("  {}. {}", i + 1, text::join(names, ", ")));
  }
  return out.finish(0);
}

}  // namespace tend::cli
