// `tend run`: a command for many items, side by side, results in order.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run/collect.hpp"
#include "cli/run/detach.hpp"
#include "cli/run/input_words.hpp"
#include "cli/run/place_words.hpp"
#include "cli/run/run_log.hpp"
#include "cli/run/run_words.hpp"
#include "cli/run/word.hpp"
#include "jobs/front/runner.hpp"
#include "jobs/input/open_jobs.hpp"
#include "jobs/input/template.hpp"
#include "jobs/local/local_backend.hpp"
#include "jobs/log/attempt_text.hpp"
#include "os/machine.hpp"
#include "os/readable.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

/// What `--dry-run` prints does the same when a shell reads it, but for the slot, which is 1.
Outcome<int> print_jobs(const Invocation& invocation, jobs::JobSource& source) {
  Output out(invocation);
  while (out.is_good()) {
    const jobs::NextJob next = TEND_TRY(or_tend_failed(source.next()));
    if (const auto* job = std::get_if<jobs::Job>(&next)) {
      out.line(text::shell_words(jobs::argv_in_slot(*job, 1)));
    } else if (const auto* wait = std::get_if<jobs::WaitForInput>(&next)) {
      out.flush();
      static_cast<void>(TEND_TRY(os::wait_readable(*wait->descriptor, std::nullopt)));
    } else {
      break;
    }
  }
  return out.finish(0);
}

/// A tag is one field of a line, so nothing in it may end either.
std::string as_tag(std::string text) {
  for (char& letter : text) {
    letter = letter == '\n' || letter == '\0' ? ' ' : letter;
  }
  return text + "\t";
}

std::function<std::string(const jobs::Job&)> tags_of(const Invocation& invocation,
                                                     const jobs::RunOptions& options) {
  const auto word = invocation.value("tag");
  const bool is_implied =
      options.mode == jobs::OutputMode::live && os::is_terminal(os::Stream::out);
  if (!word && !is_implied) {
    return {};
  }
  if (!word || word->empty()) {
    return [](const jobs::Job& job) { return as_tag(jobs::item_text(job)); };
  }
  const std::vector<std::string> words = {*word};
  return [text = jobs::Template(words, {})](const jobs::Job& job) {
    const auto expanded = text.expand(job.items, job.sequence);
    return as_tag(text::join(expanded, " "));
  };
}

jobs::MakeBackend local_backend_maker(const jobs::AttemptSettings& settings) {
  return [&settings](os::EventLoop& loop,
                     jobs::BackendEvents& events) -> Result<std::unique_ptr<jobs::Backend>> {
    return TEND_TRY(jobs::LocalBackend::make(loop, events, {.settings = settings}));
  };
}

json::Value json_of(const jobs::AttemptRecord& record) {
  // The log's own object, so that both have the same keys.
  return json::parse(jobs::attempt_json(record), {.bytes_max = std::size_t{64} << 20U})
      .value_or(json::Value());
}

}  // namespace

Outcome<int> run_run(const Invocation& invocation) {
  if (os::was_closed(os::Stream::out)) {
    return fail(exit_tend_failed, "run: standard output is closed; to drop the output use -q");
  }
  const jobs::InputSpec input = TEND_TRY(input_spec_of(invocation));
  const std::optional<Place> place = TEND_TRY(place_of(invocation));
  jobs::RunOptions options = TEND_TRY(run_options_of(invocation));
  const jobs::AttemptSettings settings = TEND_TRY(attempt_settings_of(invocation));
  const auto source = TEND_TRY(or_tend_failed(jobs::open_jobs(input, os::argument_bytes_max())));
  const std::string command = jobs::command_text(input);
  options.command = command;
  if (place && place->is_detached) {
    return detach(invocation, *place, *source, options, settings);
  }
  if (invocation.has("dry-run")) {
    return print_jobs(invocation, *source);
  }
  std::optional<Collection> collection = TEND_TRY(Collection::open(invocation, command));
  RunLog log = TEND_TRY(RunLog::open(invocation, command));

  jobs::RunParts parts{.source = *source, .tag = tags_of(invocation, options)};
  if (input.script) {
    parts.title = [&command](const jobs::Job& job) {
      return command + " " + text::shell_words(job.items);
    };
  }
  if (place) {
    options.schedule.slots = remote_slots;
    parts.make_backend = remote_backend_maker(*place, settings);
  } else {
    parts.gates = TEND_TRY(admissions_of(invocation, options.schedule.slots));
    parts.make_backend = local_backend_maker(settings);
  }
  if (collection) {
    parts.make_backend = collection->backend_maker(
        std::move(parts.make_backend),
        place ? jobs::ReplayBackend::Live::when_needed : jobs::ReplayBackend::Live::at_once);
  }
  if (log.is_wanted()) {
    parts.log = [&log](const jobs::AttemptRecord& record) { return log.append(record); };
    parts.note_start = [&log](const jobs::JobIdentity& identity, unsigned slot) {
      return log.note_start(identity, slot);
    };
  }
  if (log.is_resumed()) {
    parts.is_done = [&](const jobs::JobIdentity& identity) {
      const bool is_done = log.is_done(identity);
      if (is_done && collection) {
        collection->forget(identity);
      }
      return is_done;
    };
    parts.may_have_run = [&log](const jobs::JobIdentity& identity) {
      return log.may_have_run(identity);
    };
  }
  if (invocation.has("json")) {
    parts.to_json = json_of;
  }
  const int code =
      TEND_TRY(or_tend_failed(jobs::Runner::run(std::move(options), std::move(parts))));
  log.finish();
  if (collection) {
    collection->close(code);
  }
  return code;
}

}  // namespace tend::cli
