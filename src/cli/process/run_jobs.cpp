#include "cli/process/run_jobs.hpp"

#include <tend/inspect/tree.hpp>

#include <string_view>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::cli {

using inspect::Fields;
using inspect::Identity;
using inspect::Process;

std::string RunJob::title() const { return text::format("run {} job {}", run, sequence); }

json::Value json_of(const std::optional<RunJob>& job) {
  return job ? json::Value::object({{"run", job->run}, {"sequence", job->sequence}})
             : json::Value();
}

bool JobFinder::read_is_run(const Identity& identity) {
  const auto read = inspect::read_process(identity, Fields::command_line);
  if (!read || !read->command_line) {
    return false;
  }
  const auto words = inspect::parts_of(*read->command_line);
  return words.size() > 1 && (words[1] == "run" || words[1] == "__worker");
}

JobFinder::Variables JobFinder::read_variables(const Identity& identity) {
  Variables variables;
  const auto read = inspect::read_process(identity, Fields::environment);
  if (!read || !read->environment) {
    return variables;
  }
  constexpr std::string_view run_key = "TEND_RUN=";
  constexpr std::string_view sequence_key = "TEND_SEQ=";
  for (const std::string_view entry : inspect::parts_of(*read->environment)) {
    if (entry.starts_with(run_key)) {
      variables.run = entry.substr(run_key.size());
    } else if (entry.starts_with(sequence_key)) {
      variables.sequence = parse_integer<std::uint64_t>(entry.substr(sequence_key.size()));
    }
  }
  return variables;
}

JobFinder::Known& JobFinder::known(const Process& process) {
  Known& about = known_[process.identity];
  about.last_round = round_;
  // Until it has executed its program, command line and environment are those of who made it.
  if (!process.has_executed) {
    about.is_run.reset();
    about.variables.reset();
  }
  return about;
}

bool JobFinder::is_run(const Process& process) {
  if (process.name != "tend") {
    return false;
  }
  Known& about = known(process);
  if (!about.is_run) {
    about.is_run = read_is_run(process.identity);
  }
  return *about.is_run;
}

JobFinder::Variables JobFinder::variables_of(const Process& process) {
  Known& about = known(process);
  if (!about.variables) {
    about.variables = read_variables(process.identity);
  }
  return *about.variables;
}

std::vector<std::optional<RunJob>> JobFinder::jobs_in(const inspect::Snapshot& snapshot) {
  ++round_;
  const auto processes = snapshot.processes();
  const inspect::Tree tree(processes);
  std::vector<std::optional<RunJob>> jobs(processes.size());
  const auto add_jobs_of = [&](std::size_t run) {
    // A run that is a job itself passes its own variables on to what is no job of it.
    const std::string outer = variables_of(processes[run]).run;
    for (const std::size_t child : tree.children(run)) {
      const Variables variables = variables_of(processes[child]);
      if (variables.sequence && variables.run != outer) {
        jobs[child] = RunJob{.run = processes[run].identity.pid, .sequence = *variables.sequence};
      }
    }
  };
  for (const std::size_t root : tree.roots()) {
    for (const std::size_t index : tree.with_descendants(root)) {
      const auto parent = tree.parent(index);
      if (!jobs[index] && parent) {
        jobs[index] = jobs[*parent];
      }
      if (is_run(processes[index])) {
        add_jobs_of(index);
      }
    }
  }
  std::erase_if(known_, [this](const auto& entry) { return entry.second.last_round != round_; });
  return jobs;
}

}  // namespace tend::cli
