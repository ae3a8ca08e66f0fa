// `tend why NAME`: the state of a service, explained.

#include <algorithm>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/explanation.hpp"
#include "cli/local_present.hpp"
#include "cli/output.hpp"
#include "service/log_reader/log_reader.hpp"

namespace tend::cli {

namespace {

constexpr std::uint64_t log_lines = 5;

std::unexpected<Failure> unknown_service(const Target& target, const std::string& name,
                                         const std::vector<service::ServiceStatus>& all) {
  std::vector<std::string> names;
  std::ranges::transform(all, std::back_inserter(names), &service::ServiceStatus::name);
  const auto meant = text::nearest(name, std::span<const std::string>(names));
  return fail(exit_failed, text::format("{} has no service {}{}", target.name, text::quoted(name),
                                        meant ? text::format("; did you mean {}?", *meant)
                                              : "; it has " + text::join(names, ", ")));
}

/// What a service said before it got where it is. Nothing when its log cannot be read.
void print_last_lines(const std::string& log_dir, const service::ServiceStatus& status,
                      Output& out) {
  const std::string names[] = {status.name};
  auto reader = service::LogReader::open(log_dir, names,
                                         {.start = service::LogStart::tail, .lines = log_lines});
  bool is_first = true;
  const auto print = [&](const service::LogLine& line) {
    if (is_first) {
      out.line(text::format("The last lines it wrote ({}):", text::printable(status.log)));
      is_first = false;
    }
    out.line("  " + visible(line.bytes, out.painter().is_on() ? Colours::keep : Colours::drop));
  };
  while (reader && reader->read(print).value_or(false)) {
  }
  if (reader) {
    reader->read_rest(print);
  }
}

}  // namespace

Outcome<int> run_why(const Invocation& invocation) {
  const Target target = TEND_TRY(find_target(invocation));
  const Snapshot snapshot = TEND_TRY(ask_status(target, {}));
  const std::string& name = invocation.arguments().front();
  const auto status = std::ranges::find(snapshot.services, name, &service::ServiceStatus::name);
  if (status == snapshot.services.end()) {
    return unknown_service(target, name, snapshot.services);
  }
  Output out(invocation);
  for (const std::string& line : explain(name, snapshot.services, local_present())) {
    out.line(line);
  }
  print_last_lines(snapshot.project.log_dir, *status, out);
  return out.finish(0);
}

}  // namespace tend::cli
