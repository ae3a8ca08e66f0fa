// `tend doctor`: what this kernel and container allow, and which means tend will use.

#include <algorithm>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/findings.hpp"
#include "cli/output.hpp"
#include "cli/slurm_finding.hpp"
#include "cli/target.hpp"
#include "service/launch.hpp"

namespace tend::cli {

namespace {

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return Tone::green;
    case Verdict::limited: return Tone::yellow;
    case Verdict::missing: return Tone::red;
  }
  return Tone::plain;
}

std::string json_line(const Finding& finding) {
  const auto or_null = [](const std::string& words) {
    return words.empty() ? json::Value() : json::Value(words);
  };
  return json::write(json::Value::object({{"name", finding.name},
                                          {"verdict", word(finding.verdict)},
                                          {"found", or_null(finding.found)},
                                          {"uses", or_null(finding.uses)},
                                          {"advice", or_null(finding.advice)}}));
}

void print(const Finding& finding, Output& out) {
  const std::string verdict = text::format("{:<8}", word(finding.verdict));
  out.line(out.painter().paint(tone_of(finding.verdict), verdict) +
           text::format("{:<20}{}", finding.name, text::printable(finding.found)));
  constexpr std::size_t indent = 28;
  if (!finding.uses.empty()) {
    out.line(std::string(indent, ' ') + out.painter().paint(Tone::dim, "uses: " + finding.uses));
  }
  if (!finding.advice.empty()) {
    out.line(std::string(indent, ' ') + "try:  " + finding.advice);
  }
}

}  // namespace

Outcome<int> run_doctor(const Invocation& invocation) {
  const service::PlacesEnvironment environment = places_environment(invocation);
  const service::Places places = service::places_of("project", environment);
  std::vector<Finding> all =
      findings(os::probe_everything(places.runtime_dir, places.log_dir), service::find_keeper());
  all.push_back(slurm_finding(probe_slurm()));
  Output out(invocation);
  for (const Finding& finding : all) {
    if (invocation.has("json")) {
      out.line(json_line(finding));
    } else {
      print(finding, out);
    }
  }
  const bool works = std::ranges::none_of(
      all, [](const Finding& finding) { return finding.verdict == Verdict::missing; });
  return out.finish(works ? 0 : exit_failed);
}

}  // namespace tend::cli
