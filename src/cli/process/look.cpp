#include "cli/process/look.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/process_words.hpp"
#include "os/clock.hpp"
#include "os/local_time.hpp"
#include "os/procfs.hpp"

namespace tend::cli {

bool Look::has_jobs() const {
  return std::ranges::any_of(jobs, [](const auto& job) { return job.has_value(); });
}

Outcome<Look> look_at_processes(const Invocation& invocation, inspect::SnapshotOptions options) {
  return look_at_processes(running_targets(invocation), std::move(options));
}

Outcome<Look> look_at_processes(std::span<const Target> targets, inspect::SnapshotOptions options) {
  Look look{.runs = service_runs(targets), .boot_id = os::read_boot_id().value_or("")};
  if (!look.runs.empty()) {
    options.fields = options.fields | inspect::Fields::limits;  // The mark lies there.
  }
  look.snapshot = TEND_TRY(inspect::Snapshot::take(options));
  const auto processes = look.snapshot.processes();
  look.owners = attribution(processes, marks_of(processes), look.runs);
  look.jobs = options.filter.is_empty() ? JobFinder().jobs_in(look.snapshot)
                                        : std::vector<std::optional<RunJob>>(processes.size());
  return look;
}

Outcome<void> find_jobs(Look& look) {
  const auto all = TEND_TRY(inspect::Snapshot::take({.fields = inspect::Fields::none}));
  const auto jobs = JobFinder().jobs_in(all);
  const auto processes = look.snapshot.processes();
  for (std::size_t i = 0; i < processes.size(); ++i) {
    if (const inspect::Process* found = all.find(processes[i].identity)) {
      look.jobs[i] = jobs[static_cast<std::size_t>(found - all.processes().data())];
    }
  }
  return {};
}

SeenProcess seen_process(const Look& look, std::size_t index, Users& users) {
  const inspect::Process& process = look.snapshot.processes()[index];
  SeenProcess seen{.process = &process,
                   .service = look.service_of(index),
                   .job = look.jobs[index],
                   .boot_id = look.boot_id,
                   .age = age_of(process, look.snapshot),
                   .cpu = average_cpu(process, look.snapshot)};
  if (process.status) {
    seen.user = users.name_of(process.status->credentials.user.effective);
  }
  seen.started = os::realtime_now() - (os::boottime_now() - process.started());
  seen.utc_offset = os::utc_offset_at(seen.started);
  return seen;
}

std::vector<std::string> blind_spots(const inspect::Snapshot& snapshot) {
  std::vector<std::string> said;
  if (std::string note = snapshot.view().note(); !note.empty()) {
    said.push_back(std::move(note));
  }
  if (snapshot.unreadable() > 0) {
    said.push_back(count_words(snapshot.unreadable(), "process of others is hidden from us",
                               "processes of others are hidden from us"));
  }
  if (snapshot.vanished() > 0) {
    said.push_back(count_words(snapshot.vanished(), "process ended before it could be read",
                               "processes ended before they could be read"));
  }
  return said;
}

}  // namespace tend::cli
