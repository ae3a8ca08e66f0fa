#include "cli/top/observer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/look.hpp"
#include "cli/process/process_words.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::Process;
using inspect::Snapshot;

// A program may execute another one, or write itself a new title.
constexpr std::size_t rounds_between_commands = 10;

void add_services(Observation& seen, std::span<const ServiceRun> runs,
                  std::span<const std::optional<std::size_t>> owners) {
  std::vector<std::optional<std::size_t>> place(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].is_own) {
      place[i] = seen.services.size();
      seen.services.push_back({.project = runs[i].project,
                               .name = runs[i].name,
                               .state = runs[i].state,
                               .leader = runs[i].leader});
    }
  }
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (!owners[i]) {
      continue;
    }
    TopProcess& process = seen.processes[i];
    process.service = runs[*owners[i]].title();
    if (const auto at = place[*owners[i]]) {
      seen.services[*at].used.add(process);
    }
  }
}

/// `jobs` has one entry per process of the snapshot.
void add_jobs(Observation& seen, const Snapshot& snapshot,
              std::span<const std::optional<RunJob>> jobs) {
  std::map<RunJob, TopJob> found;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Process& process = snapshot.processes()[i];
    if (jobs[i] && process.parent.pid == jobs[i]->run) {
      found[*jobs[i]] = {.job = *jobs[i], .leader = i, .age = age_of(process, snapshot)};
    }
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    seen.processes[i].job = jobs[i];
    if (const auto job = jobs[i] ? found.find(*jobs[i]) : found.end(); job != found.end()) {
      job->second.used.add(seen.processes[i]);
    }
  }
  for (const auto& [name, job] : found) {
    seen.jobs.push_back(job);
  }
}

}  // namespace

std::vector<std::uint64_t> Observer::marks_of_all(const Snapshot& snapshot, bool has_services) {
  std::vector<std::uint64_t> marks;
  marks.reserve(snapshot.processes().size());
  for (const Process& process : snapshot.processes()) {
    const auto [found, is_new] = known_.try_emplace(process.identity);
    found->second.last_round = round_;
    // The mark is set before the program is executed: until then it may be yet to come.
    if (has_services && !process.is_kernel_thread && (is_new || !process.has_executed)) {
      const auto read = read_process(process.identity, Fields::limits);
      found->second.mark = read ? mark_of(*read) : 0;
    }
    marks.push_back(found->second.mark);
  }
  return marks;
}

void Observer::add_processes(Observation& seen, const Snapshot& snapshot) {
  for (const Process& process : snapshot.processes()) {
    const Known& known = known_[process.identity];
    const double cpu =
        before_ ? recent_cpu(process, *before_, snapshot) : average_cpu(process, snapshot);
    seen.processes.push_back(
        {.identity = process.identity,
         .name = name_words(process),
         .command = known.command.empty() ? "[" + name_words(process) + "]" : known.command,
         .user = known.user,
         .state = process.state,
         .is_kernel_thread = process.is_kernel_thread,
         .cpu = cpu,
         .resident_bytes = process.resident_bytes,
         .cpu_time = process.cpu_time()});
    seen.cpu += cpu;
    seen.running += process.state == inspect::State::running ? 1 : 0;
    seen.zombies += process.state == inspect::State::zombie ? 1 : 0;
  }
}

void Observer::forget_ended() {
  std::erase_if(known_, [this](const auto& entry) { return entry.second.last_round != round_; });
}

Outcome<Observation> Observer::observe() {
  ++round_;
  const std::vector<ServiceRun> runs = service_runs(running_targets(invocation_));
  Snapshot snapshot = TEND_TRY(Snapshot::take({.fields = Fields::none}));
  const std::vector<std::uint64_t> marks = marks_of_all(snapshot, !runs.empty());
  Observation seen;
  add_processes(seen, snapshot);
  add_services(seen, runs, attribution(snapshot.processes(), marks, runs));
  add_jobs(seen, snapshot, jobs_.jobs_in(snapshot));
  for (const std::string& note : blind_spots(snapshot)) {
    if (snapshot.view().hiding != inspect::Hiding::none) {
      seen.blind_spot = note;
      break;
    }
  }
  forget_ended();
  before_ = std::move(snapshot);
  return seen;
}

void Observer::describe(Observation& seen, std::span<const std::size_t> shown) {
  for (const std::size_t index : shown) {
    TopProcess& process = seen.processes[index];
    Known& known = known_[process.identity];
    known.last_round = round_;
    if (known.round_of_command == 0 || round_ - known.round_of_command >= rounds_between_commands) {
      known.round_of_command = round_;
      if (const auto read = read_process(process.identity, Fields::command_line | Fields::status)) {
        known.command = command_words(*read);
        known.user = read->status ? users_.name_of(read->status->credentials.user.effective) : "?";
      }
    }
    process.command = known.command.empty() ? "[" + process.name + "]" : known.command;
    process.user = known.user.empty() ? "?" : known.user;
  }
}

}  // namespace tend::cli
