#include "cli/process/service_runs.hpp"

#include <tend/inspect/tree.hpp>

#include <algorithm>
#include <unordered_map>

#include "os/files.hpp"
#include "service/leader.hpp"
#include "service/state_file.hpp"

namespace tend::cli {

namespace {

using inspect::Process;
using service::StateFile;

std::vector<ServiceRun> own_processes(const std::string& project, const StateFile& state) {
  const service::KeeperPart& keeper = state.header().keeper;
  std::vector<ServiceRun> own;
  const auto add = [&](std::string name, std::int32_t pid) {
    if (pid != 0) {
      own.push_back({.project = project, .name = std::move(name), .is_own = true, .leader = pid});
    }
  };
  add("keeper", service::load_shared(keeper.keeper_pid));
  add("director", service::load_shared(keeper.director_pid));
  add("recorder", service::load_shared(keeper.recorder_pid));
  return own;
}

ServiceRun run_of(const std::string& project, const StateFile& state, std::uint32_t index) {
  const service::ServiceState now = state.record(index).state;
  ServiceRun run{.project = project, .state = word(now.phase)};
  if (now.run != 0) {
    run.mark = service::mark_of(state.header().mark_token, now.run);
  }
  const service::KnownLeader leader = service::leader_in(state, index);
  if (now.leader == service::Leader::alive && service::is_there(leader)) {
    run.leader = leader.pid;
  }
  return run;
}

std::vector<ServiceRun> runs_of(const Target& target) {
  const auto directory = os::open_directory(target.places.runtime_dir);
  if (!directory) {
    return {};
  }
  const auto state = StateFile::open_at(*directory, "state");
  if (!state || !state->is_of_this_boot()) {
    return {};
  }
  const auto project = state->project();
  if (!project || project->services.size() != state->count()) {
    return {};
  }
  std::vector<ServiceRun> runs = own_processes(target.name, *state);
  for (std::uint32_t index = 0; index < state->count(); ++index) {
    runs.push_back(run_of(target.name, *state, index));
    runs.back().name = project->services[index].name;
  }
  return runs;
}

}  // namespace

std::vector<ServiceRun> service_runs(std::span<const Target> targets) {
  std::vector<ServiceRun> runs;
  for (const Target& target : targets) {
    std::ranges::move(runs_of(target), std::back_inserter(runs));
  }
  return runs;
}

std::uint64_t mark_of(const Process& process) {
  if (!process.limits) {
    return 0;
  }
  for (const inspect::Limit& limit : *process.limits) {
    if (limit.resource == Resource::locks && limit.hard && limit.soft == limit.hard) {
      return *limit.hard;
    }
  }
  return 0;
}

std::vector<std::uint64_t> marks_of(std::span<const Process> processes) {
  std::vector<std::uint64_t> marks;
  marks.reserve(processes.size());
  std::ranges::transform(processes, std::back_inserter(marks), mark_of);
  return marks;
}

std::vector<std::optional<std::size_t>> attribution(std::span<const Process> processes,
                                                    std::span<const std::uint64_t> marks,
                                                    std::span<const ServiceRun> runs) {
  std::vector<std::optional<std::size_t>> owners(processes.size());
  if (runs.empty()) {
    return owners;
  }
  std::unordered_map<std::uint64_t, std::size_t> by_mark;
  std::unordered_map<std::int32_t, std::size_t> by_leader;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].mark != 0) {
      by_mark.emplace(runs[i].mark, i);
    }
    if (runs[i].leader != 0) {
      by_leader.emplace(runs[i].leader, i);
    }
  }
  const inspect::Tree tree(processes);
  const auto own_or_inherited = [&](std::size_t index) -> std::optional<std::size_t> {
    const Process& process = processes[index];
    if (const auto found = by_mark.find(marks[index]); found != by_mark.end()) {
      return found->second;
    }
    if (const auto found = by_leader.find(process.identity.pid); found != by_leader.end()) {
      return found->second;
    }
    const auto parent = tree.parent(index);
    const auto owner = parent ? owners[*parent] : std::nullopt;
    // What the keeper adopts is not the keeper's.
    return owner && !runs[*owner].is_own ? owner : std::nullopt;
  };
  for (const std::size_t root : tree.roots()) {
    for (const std::size_t index : tree.with_descendants(root)) {
      owners[index] = own_or_inherited(index);
    }
  }
  return owners;
}

}  // namespace tend::cli
