// `tend inspect`: what a process is and what it is doing, on one screen; sections for more.

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/process_json.hpp"
#include "cli/process/process_words.hpp"
#include "cli/process/report.hpp"
#include "cli/process/surroundings.hpp"
#include "os/procfs.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::Process;

Outcome<std::vector<const Section*>> sections_named(std::span<const std::string> words) {
  std::vector<const Section*> chosen;
  std::vector<std::string_view> names;
  std::ranges::transform(report_sections(), std::back_inserter(names), &Section::name);
  for (const std::string& word : words) {
    if (word == "all") {
      chosen.clear();
      for (const Section& section : report_sections()) {
        chosen.push_back(&section);
      }
      return chosen;
    }
    const auto found = std::ranges::find(report_sections(), word, &Section::name);
    if (found == report_sections().end()) {
      const auto meant = text::nearest(word, names);
      return fail(
          exit_usage,
          text::format("inspect: there is no section {}{}; there are {}, and all",
                       text::quoted(word), meant ? text::format(" (did you mean {}?)", *meant) : "",
                       text::join(names, ", ")));
    }
    chosen.push_back(&*found);
  }
  return chosen;
}

}  // namespace

Outcome<int> run_inspect(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.arguments();
  const auto sections = TEND_TRY(sections_named(std::span(words).subspan(1)));
  const Process process = TEND_TRY(read_named_process("inspect", words.front(), Fields::all));
  Output out(invocation);
  if (invocation.has("json")) {
    json::Value object = json_of(process);
    object.set("identity", identity_words(process.identity, os::read_boot_id().value_or("")));
    out.line(json::write(object));
    return out.finish(0);
  }
  const auto print = [&out](const std::vector<ReportLine>& report) {
    for (const std::string& line : laid_out(report, out.painter())) {
      out.line(line);
    }
  };
  if (sections.empty()) {
    print(summary_of(process, TEND_TRY(surroundings_of(process, invocation))));
  }
  for (const Section* section : sections) {
    if (sections.size() > 1) {
      out.line(out.painter().paint(Tone::bold, section->name));
    }
    print(section->lines(process));
  }
  return out.finish(0);
}

}  // namespace tend::cli
