// `tend status`: what each service does, as a table or as JSON.

#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/status_table.hpp"

namespace tend::cli {

Outcome<int> run_status(const Invocation& invocation) {
  const Target target = TEND_TRY(find_target(invocation));
  const Snapshot snapshot = TEND_TRY(ask_status(target, invocation.arguments()));
  Output out(invocation);
  if (invocation.has("json")) {
    for (const service::ServiceStatus& status : snapshot.services) {
      out.line(service::status_json(status));
    }
    if (invocation.arguments().empty()) {
      out.line(service::status_json(snapshot.project));
    }
    return out.finish(0);
  }
  for (const std::string& line : status_lines(snapshot.services, out.painter())) {
    out.line(line);
  }
  out.line("");
  for (const std::string& line : project_lines(snapshot.project)) {
    out.line(out.painter().paint(Tone::dim, line));
  }
  return out.finish(0);
}

}  // namespace tend::cli
