#include "cli/wish.hpp"

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/output.hpp"
#include "cli/status_table.hpp"

namespace tend::cli {

namespace {

/// Whether one of the lines of a failure is about this service.
bool is_told_in(std::string_view message, const std::string& name) {
  const auto lines = text::split(message, '\n');
  return std::ranges::any_of(
      lines, [&name](std::string_view line) { return line.starts_with(name + ": "); });
}

}  // namespace

Outcome<int> wish(const Invocation& invocation, service::Verb verb) {
  const Target target = TEND_TRY(find_target(invocation));
  return wish_in(target, invocation, verb);
}

Outcome<int> wish_in(const Target& target, const Invocation& invocation, service::Verb verb) {
  const Patience patience = TEND_TRY(patience_of(invocation));
  const service::Request request{
      .verb = verb, .names = invocation.arguments(), .wait_ms = patience.wait_ms};
  std::vector<service::ServiceStatus> results;
  const service::Done done =
      TEND_TRY(ask(target, request, patience.deadline,
                   [&results, on_progress = progress_teller()](const service::Reply& reply) {
                     if (const auto* status = std::get_if<service::ServiceStatus>(&reply)) {
                       results.push_back(*status);
                     }
                     on_progress(reply);
                   }));
  Output out(invocation);
  for (const service::ServiceStatus& status : results) {
    if (!is_told_in(done.message, status.name)) {
      out.line(status_sentence(status));
    }
  }
  out.flush();
  for (const std::string_view line : text::split(done.message, '\n')) {
    if (!line.empty()) {
      complain(text::printable(line));
    }
  }
  return out.finish(done.code);
}

}  // namespace tend::cli
