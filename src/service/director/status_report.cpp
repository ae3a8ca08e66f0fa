// What `tend status` shows, put together from the director's units.

#include <algorithm>
#include <chrono>
#include <cstring>

#include <tend/error.hpp>

#include "service/director/director.hpp"
#include "service/director/sentences.hpp"

namespace tend::service {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

}  // namespace

ServiceStatus Director::status_of(const ServiceUnit& unit) const {
  const ServiceState& state = unit.state();
  const ServiceSpec& spec = *unit.spec;
  const std::int64_t now = now_ns();
  // A point of the monotonic clock as wall time: exact until somebody sets the wall clock.
  const std::int64_t since_realtime_ns =
      world_.wall_time().time_since_epoch().count() - (now - state.since_ns);
  const std::int32_t pid = state.leader == Leader::alive ? leader_pid(unit) : 0;

  Circumstances circumstances{.now_ns = now, .pid = pid};
  ServiceStatus status{
      .name = spec.name,
      .kind = spec.kind == Kind::task ? "task" : "service",
      .state = word(state.phase),
      // A task is never ready: it completes.
      .ready = state.is_ready() && spec.kind == Kind::service,
      .wanted = state.wanted && !unit.is_stop_asked(),
      .since_realtime_ns = state.since_ns != 0
                               ? since_realtime_ns
                               : static_cast<std::int64_t>(state_.header().created_realtime_ns),
      .run = state.run,
      .restarts = state.restarts,
      .last_exit = last_exit(state.last, spec),
      .status_text = unit.record.status_text,
      .tree = trees_->means(),
      .log = project_.log_dir + "/" + spec.name + ".log",
      .log_bytes_dropped = state_.log_bytes_dropped(unit.index)};
  if (pid != 0) {
    status.pid = pid;
    status.uptime_ms = (now - state.started_ns) / ns_per_ms;
  }
  if (state.phase == Phase::backoff || state.phase == Phase::cooling_down) {
    status.next_attempt_ms = std::max<std::int64_t>(0, state.deadline_ns - now) / ns_per_ms;
  }
  if (state.phase == Phase::waiting) {
    status.waiting_for = names_of(graph_.holding_back(unit.index, standings_));
    circumstances.waiting_for = status.waiting_for;
  } else if (unit.is_stop_asked()) {
    status.waiting_for = names_of(graph_.ends_first(unit.index, standings_));
  } else if (state.phase == Phase::stopping) {
    const RunTrees::Pids others = trees_->others(tree_of(unit)).value_or(RunTrees::Pids{});
    status.leftovers.assign(others.begin(), others.end());
  }
  circumstances.leftovers = status.leftovers.size();
  if (unit.probe) {
    circumstances.problem = unit.probe->last_problem();
  }
  status.reason = unit.is_stop_asked() && !status.waiting_for.empty()
                      ? "it stops when those that need it have ended"
                      : reason(state, spec, circumstances);
  if (pid != 0 && unit.is_adopted() && !unit.record.adoption.has_output) {
    status.reason += "; its output goes nowhere until it is restarted";
  }
  return status;
}

ProjectStatus Director::project_status() const {
  const StateHeader& header = state_.header();
  std::vector<std::int32_t> known = {header.keeper.director_pid, header.keeper.recorder_pid};
  for (const ServiceUnit& unit : units_) {
    known.push_back(state_.slot(unit.index).pid);
  }
  ProjectStatus status{.name = project_.name,
                       .file = project_.file,
                       .runtime_dir = project_.runtime_dir,
                       .log_dir = project_.log_dir,
                       .keeper_pid = header.keeper.keeper_pid,
                       .director_pid = header.keeper.director_pid,
                       .recorder_pid = header.keeper.recorder_pid,
                       .director_starts = header.keeper.director_starts,
                       .recorder_starts = header.keeper.recorder_starts,
                       .since_realtime_ns = static_cast<std::int64_t>(header.created_realtime_ns),
                       .tree = trees_->means(),
                       .orphans_reaped = header.keeper.orphans_reaped,
                       .stopping = is_going_down()};
  for (const std::int32_t pid : trees_->unclaimed(known)) {
    status.unclaimed.push_back(pid);
  }
  if (const std::int32_t code = load_shared(header.recorder.blocked_errno); code != 0) {
    status.log_blocked =
        Error{.step = "write", .subject = project_.log_dir, .code = code}.message();
  }
  return status;
}

}  // namespace tend::service
