#include "cli/run/place_words.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/run/word.hpp"
#include "jobs/remote/slurm.hpp"
#include "jobs/remote/squeue.hpp"
#include "os/files.hpp"
#include "os/own_program.hpp"

namespace tend::cli {

namespace {

constexpr unsigned workers_max = 4096;

/// What looks at this machine, or needs its descriptors, and would mean nothing elsewhere.
constexpr std::array local_only = {std::string_view("raw"), std::string_view("load"),
                                   std::string_view("mem-free"), std::string_view("jobserver")};

/// A number of one to `most`; nothing: the option was not given.
Outcome<std::optional<unsigned>> count_of(const Invocation& invocation, std::string_view option,
                                          std::string_view wanted) {
  const auto word = invocation.value(option);
  if (!word) {
    return std::nullopt;
  }
  const auto number = parse_integer<unsigned>(*word);
  if (!number || *number == 0 || *number > workers_max) {
    return bad_word(option, *word, wanted);
  }
  return number;
}

Outcome<void> use_slurm(Place& place, std::string_view options) {
  const auto launch = jobs::slurm_launch(options, place.remote.slots);
  if (!launch) {
    return fail(exit_usage, "run: --on: " + launch.error().message());
  }
  place.is_slurm = true;
  place.slurm_options = options;
  place.remote.launcher = launch->launcher;
  place.remote.slots = launch->slots;
  place.remote.answer_within.reset();  // Others may be in the queue before us.
  return {};
}

/// Launcher and slots, by --launcher or --on.
Outcome<void> choose_launcher(const Invocation& invocation, Place& place) {
  constexpr std::string_view slurm = "slurm";
  if (const auto launcher = invocation.value("launcher")) {
    if (text::trimmed(*launcher).empty()) {
      return bad_word("launcher", *launcher, "a command, such as 'ssh n1'");
    }
    place.remote.launcher = *launcher;
    return {};
  }
  const std::string on = invocation.value("on").value_or("");
  const std::string_view word = text::trimmed(on);
  if (word != slurm && !word.starts_with("slurm ")) {
    return bad_word("on", on, "`local`, or `slurm` and options of srun");
  }
  return use_slurm(place, word.substr(slurm.size()));
}

Outcome<void> refuse_local_only(const Invocation& invocation) {
  for (const std::string_view option : local_only) {
    if (invocation.has(option)) {
      return fail(exit_usage,
                  text::format("run: --{} is about this machine; it does not go with --on and "
                               "--launcher",
                               option));
    }
  }
  return {};
}

/// What has to be decided where all results are, and nobody is there.
Outcome<void> set_detached(const Invocation& invocation, std::optional<Place>& place) {
  if (!invocation.has("detach")) {
    return {};
  }
  if (!place || !place->is_slurm) {
    return fail(exit_usage, "run: --detach needs --on slurm, which goes on without us");
  }
  if (!invocation.has("log")) {
    return fail(exit_usage,
                "run: --detach needs a --log on a file system that the nodes share: results are "
                "kept beside it until --resume collects them");
  }
  if (invocation.has("halt")) {
    return fail(exit_usage,
                "run: --halt does not go with --detach: nobody sees all results while it runs; "
                "give it when they are collected");
  }
  place->is_detached = true;
  return {};
}

Outcome<std::optional<Place>> place_of_workers(const Invocation& invocation) {
  const bool is_on = invocation.has("on");
  const bool is_local = !is_on || text::trimmed(*invocation.value("on")) == "local";
  if (is_on && invocation.has("launcher")) {
    return fail(exit_usage, "run: --on and --launcher exclude each other");
  }
  if (is_local && !invocation.has("launcher")) {
    for (const std::string_view option : {"workers", "worker-wait"}) {
      if (invocation.has(option)) {
        return fail(exit_usage, text::format("run: --{} needs --on or --launcher", option));
      }
    }
    return std::nullopt;
  }
  TEND_TRY(refuse_local_only(invocation));
  Place place{.remote = {.program = os::own_program_path()}};
  place.remote.slots = TEND_TRY(
      count_of(invocation, "jobs", "a number: the slots of each worker, with --on and --launcher"));
  TEND_TRY(choose_launcher(invocation, place));
  place.remote.workers =
      TEND_TRY(count_of(invocation, "workers", "a number of 1 to 4096")).value_or(1);
  if (const auto word = invocation.value("worker-wait")) {
    place.remote.answer_within =
        TEND_TRY(read_word("worker-wait", parse_duration_or_seconds(*word)));
  }
  return place;
}

}  // namespace

Outcome<std::optional<Place>> place_of(const Invocation& invocation) {
  std::optional<Place> place = TEND_TRY(place_of_workers(invocation));
  TEND_TRY(set_detached(invocation, place));
  return place;
}

Result<std::string> job_directory(const std::string& directory) {
  if (directory.starts_with('/')) {
    return directory;
  }
  const std::string here = TEND_TRY(os::read_link("/proc/self/cwd"));
  return directory.empty() ? here : here + "/" + directory;
}

jobs::MakeBackend remote_backend_maker(const Place& place, const jobs::AttemptSettings& settings) {
  return
      [&place, &settings](os::EventLoop& loop,
                          jobs::BackendEvents& events) -> Result<std::unique_ptr<jobs::Backend>> {
        jobs::AttemptSettings there = settings;
        there.directory = TEND_TRY(job_directory(there.directory));
        jobs::RemoteOptions remote = place.remote;
        return std::make_unique<jobs::RemoteBackend>(
            loop, std::move(remote), std::move(there), events,
            place.is_slurm ? std::make_unique<jobs::Squeue>(loop) : nullptr);
      };
}

}  // namespace tend::cli
