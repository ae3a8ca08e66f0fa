#include "cli/run/run_words.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/run/word.hpp"
#include "jobs/front/jobserver_admission.hpp"
#include "jobs/front/machine_admission.hpp"
#include "jobs/front/token_admission.hpp"
#include "jobs/output/spill_file.hpp"
#include "jobs/slots/gauges.hpp"
#include "jobs/slots/jobserver.hpp"
#include "jobs/slots/makeflags.hpp"
#include "jobs/slots/slot_count.hpp"
#include "jobs/slots/start_gate.hpp"
#include "jobs/slots/token_channel.hpp"
#include "os/environment.hpp"
#include "os/machine.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

Outcome<jobs::TimeLimit> time_limit_of(const Invocation& invocation) {
  const auto word = invocation.value("timeout");
  if (!word) {
    return jobs::TimeLimit{};
  }
  if (!word->ends_with('%')) {
    const auto time = TEND_TRY(read_word("timeout", parse_duration_or_seconds(*word)));
    // As with timeout(1), 0 is no limit.
    return time.count() == 0 ? jobs::TimeLimit{} : jobs::TimeLimit{.fixed = time};
  }
  const auto percent = parse_integer<unsigned>(std::string_view(*word).substr(0, word->size() - 1));
  if (percent.value_or(0) == 0) {
    return bad_word("timeout", *word, "a share of the median, such as 300%");
  }
  return jobs::TimeLimit{.median_percent = percent};
}

Outcome<jobs::SchedulePolicy> schedule_of(const Invocation& invocation) {
  const auto wished = TEND_TRY(
      read_word("jobs", jobs::parse_slot_count(invocation.value("jobs").value_or("100%"))));
  jobs::SchedulePolicy policy{.slots = jobs::slots_on(wished, jobs::usable_cores())};
  if (const auto word = invocation.value("delay")) {
    policy.delay = TEND_TRY(read_word("delay", parse_duration_or_seconds(*word)));
  }
  if (const auto word = invocation.value("retries")) {
    policy.retries = TEND_TRY(read_word("retries", jobs::parse_retries(*word)));
  }
  if (const auto word = invocation.value("halt")) {
    policy.halt = TEND_TRY(read_word("halt", jobs::parse_halt(*word)));
  }
  return policy;
}

Outcome<jobs::OutputMode> mode_of(const Invocation& invocation) {
  const int count = static_cast<int>(invocation.has("unordered")) +
                    static_cast<int>(invocation.has("live")) +
                    static_cast<int>(invocation.has("raw"));
  if (count > 1) {
    return fail(exit_usage, "run: --unordered, --live and --raw exclude each other");
  }
  if (invocation.has("raw") && (invocation.has("tag") || invocation.has("json") ||
                                invocation.has("quiet") || invocation.has("out"))) {
    return fail(exit_usage,
                "run: with --raw nobody sees what jobs write: no --tag, --json, --quiet or --out");
  }
  return invocation.has("unordered") ? jobs::OutputMode::grouped
         : invocation.has("live")    ? jobs::OutputMode::live
         : invocation.has("raw")     ? jobs::OutputMode::raw
                                     : jobs::OutputMode::ordered;
}

jobs::Shown shown_of(const Invocation& invocation) {
  if (invocation.has("json")) {
    return invocation.has("quiet") ? jobs::Shown::json_without_output : jobs::Shown::json;
  }
  return invocation.has("quiet") ? jobs::Shown::nothing : jobs::Shown::output;
}

Outcome<jobs::ProgressKind> progress_of(const Invocation& invocation) {
  const bool is_terminal = os::is_terminal(os::Stream::err);
  const std::string word =
      invocation.value("progress").value_or(invocation.has("raw") ? "none" : "bar");
  if (word == "none") {
    return jobs::ProgressKind::none;
  }
  if (word == "plain" || (word.empty() && !is_terminal)) {
    return jobs::ProgressKind::plain;
  }
  if (word == "bar" || word.empty()) {
    return is_terminal ? jobs::ProgressKind::bar : jobs::ProgressKind::none;
  }
  return bad_word("progress", word, "bar, plain or none");
}

std::string makeflags() {
  const std::vector<std::string> environment = os::own_environment();
  return std::string(os::find_variable(environment, "MAKEFLAGS").value_or(""));
}

Outcome<jobs::TokenForm> token_form_of(std::string_view word) {
  if (word.empty() || word == "pipe") {
    return jobs::TokenForm::pipe;
  }
  if (word == "fifo") {
    return jobs::TokenForm::fifo;
  }
  return bad_word("jobserver", word, "pipe or fifo");
}

/// Slots that are shared with a make above us, with makes among the jobs, or with both.
Outcome<std::unique_ptr<jobs::Admission>> jobserver_of(const Invocation& invocation,
                                                       unsigned& slots) {
  const auto word = invocation.value("jobserver");
  const jobs::TokenForm form = TEND_TRY(token_form_of(word.value_or("")));
  const std::string flags = makeflags();
  if (const auto address = jobs::find_jobserver(flags)) {
    using Shared = jobs::TokenAdmission::Shared;
    auto client = jobs::JobserverClient::open(*address);
    if (client) {
      return std::make_unique<jobs::TokenAdmission>(
          *std::move(client),
          word ? std::optional(Shared{.address = *address, .makeflags = flags}) : std::nullopt);
    }
    complain("run: " + client.error().message());
    slots = invocation.has("jobs") ? slots : 1;
  }
  if (!word) {
    return nullptr;
  }
  return TEND_TRY(or_tend_failed(
      jobs::JobserverAdmission::make({.form = form,
                                      .slots = slots,
                                      .directory = jobs::spill_directory(),
                                      .makeflags = jobs::makeflags_without_jobserver(flags)})));
}

}  // namespace

Outcome<std::vector<std::unique_ptr<jobs::Admission>>> admissions_of(const Invocation& invocation,
                                                                     unsigned& slots) {
  std::vector<std::unique_ptr<jobs::Admission>> all;
  jobs::StartGate gate;
  if (const auto word = invocation.value("load")) {
    gate.load_max = TEND_TRY(read_word("load", jobs::parse_load_max(*word, jobs::usable_cores())));
  }
  if (const auto word = invocation.value("mem-free")) {
    gate.memory_bytes_min = TEND_TRY(read_size("mem-free", *word));
  }
  if (gate.is_set()) {
    all.push_back(std::make_unique<jobs::MachineAdmission>(gate));
  }
  if (auto tokens = TEND_TRY(jobserver_of(invocation, slots))) {
    all.push_back(std::move(tokens));
  }
  return all;
}

Outcome<jobs::RunOptions> run_options_of(const Invocation& invocation) {
  jobs::RunOptions options{.schedule = TEND_TRY(schedule_of(invocation)),
                           .timeout = TEND_TRY(time_limit_of(invocation)),
                           .mode = TEND_TRY(mode_of(invocation)),
                           .shown = shown_of(invocation),
                           .result_folder = invocation.value("out").value_or(""),
                           .spill_directory = jobs::spill_directory(),
                           .progress = TEND_TRY(progress_of(invocation))};
  if (const auto word = invocation.value("exit")) {
    options.exit = TEND_TRY(read_word("exit", jobs::parse_exit_rule(*word)));
  }
  return options;
}

Outcome<jobs::AttemptSettings> attempt_settings_of(const Invocation& invocation) {
  jobs::AttemptSettings settings{.token = text::format("{:016x}", os::random_bits()),
                                 .directory = invocation.value("cwd").value_or(""),
                                 .environment = invocation.values("env"),
                                 .is_raw = invocation.has("raw")};
  // Jobs do not inherit the pipe of a jobserver above us.
  if (const std::string flags = makeflags(); jobs::find_jobserver(flags)) {
    settings.environment.insert(settings.environment.begin(),
                                "MAKEFLAGS=" + jobs::makeflags_without_jobserver(flags));
  }
  for (const std::string& variable : settings.environment) {
    if (variable.find('=') == std::string::npos || variable.starts_with('=')) {
      return bad_word("env", variable, "KEY=VALUE");
    }
  }
  if (const auto word = invocation.value("nice")) {
    settings.nice = parse_integer<int>(*word);
    if (!settings.nice) {
      return bad_word("nice", *word, "a number");
    }
  }
  if (const auto word = invocation.value("mem-max")) {
    settings.memory_bytes_max = TEND_TRY(read_size("mem-max", *word));
  }
  if (const auto word = invocation.value("grace")) {
    settings.grace = TEND_TRY(read_word("grace", parse_duration_or_seconds(*word)));
  }
  return settings;
}

}  // namespace tend::cli
