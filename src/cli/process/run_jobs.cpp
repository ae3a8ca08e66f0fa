#include "cli/process/run_jobs.hpp"

#include <tend/inspect/tree.hpp>

#include <string_view>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::cli {

namespace {

using inspect::Process;

bool is_run(const Process& process) {
  if (process.name != "tend" || !process.command_line) {
    return false;
  }
  const auto words = inspect::parts_of(*process.command_line);
  return words.size() > 1 && words[1] == "run";
}

/// What the environment of a process says of the job that it is.
struct JobVariables {
  std::string run{};  ///< TEND_RUN: no two runs have the same.
  std::optional<std::uint64_t> sequence{};
};

JobVariables job_variables_of(const Process& process) {
  JobVariables variables;
  const auto read = inspect::read_process(process.identity, inspect::Fields::environment);
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

}  // namespace

std::string RunJob::title() const { return text::format("run {} job {}", run, sequence); }

std::vector<std::optional<RunJob>> jobs_of_runs(const inspect::Snapshot& snapshot) {
  const auto processes = snapshot.processes();
  const inspect::Tree tree(processes);
  std::vector<std::optional<RunJob>> jobs(processes.size());
  const auto add_jobs_of = [&](std::size_t run) {
    // A run that is a job itself passes its own variables on to what is no job of it.
    const std::string outer = job_variables_of(processes[run]).run;
    for (const std::size_t child : tree.children(run)) {
      const JobVariables variables = job_variables_of(processes[child]);
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
  return jobs;
}

}  // namespace tend::cli
