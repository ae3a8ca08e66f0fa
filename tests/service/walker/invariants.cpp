#include "service/walker/invariants.hpp"

#include <algorithm>

namespace tend::service::test {

namespace {

bool is_last_stage(const ServiceState& state, const Policy& policy) {
  return state.stop_stage + std::size_t{1} >= policy.stop.size();
}

std::string deadline_objection(const ServiceState& state, const Policy& policy) {
  const bool is_armed = state.deadline_ns != 0;
  switch (state.phase) {
    case Phase::starting:
      return is_armed == policy.has_readiness ? "" : "starting: deadline and readiness disagree";
    case Phase::stopping:
      if (state.leader == Leader::asked) {
        return is_armed ? "stopping an unborn run: nothing to wait for" : "";
      }
      return is_armed || is_last_stage(state, policy) ? "" : "stopping: no deadline of the stage";
    case Phase::backoff:
    case Phase::cooling_down: return is_armed ? "" : "no deadline for the next attempt";
    case Phase::stopped:
    case Phase::waiting:
    case Phase::up:
    case Phase::reloading:
    case Phase::failed:
    case Phase::done: return is_armed ? "a deadline in a phase that needs none" : "";
  }
  return {};
}

std::string process_objection(const Position& position) {
  const ServiceState& state = position.state;
  const World& world = position.world;
  const bool is_current = world.slot_run == state.run;
  if (world.has_process() && (!is_current || state.leader == Leader::none)) {
    return "a process runs that the state does not know";
  }
  if (state.leader != Leader::none && (!is_current || world.child == Child::none)) {
    return "the state knows a leader that does not exist";
  }
  if (state.leader != Leader::none && !state.is_active()) {
    return "a leader in a phase without a process";
  }
  if (state.leader == Leader::none && state.is_active() && state.phase != Phase::stopping) {
    return "a phase with a process, but no leader";
  }
  if (world.has_leftovers && state.leader == Leader::none && state.phase != Phase::stopping) {
    return "leftovers of an ended run live on";
  }
  // The report of a failed start may come late, when that has long been dealt with.
  const bool is_late = world.slot_failed || world.must_feed;
  if (world.child == Child::zombie && state.leader == Leader::none && !is_late) {
    return "an end that was dealt with and not acknowledged";
  }
  return {};
}

std::string watch_objection(const Position& position) {
  const ServiceState& state = position.state;
  if (position.world.must_feed) {
    return {};
  }
  const bool awaits_ready = state.phase == Phase::starting && state.leader == Leader::alive;
  if (position.world.watches_ready != awaits_ready) {
    return "readiness is watched exactly while a started leader is starting";
  }
  const bool awaits_end = state.phase == Phase::stopping && state.leader == Leader::none;
  if (position.world.watches_tree != awaits_end) {
    return "the tree is watched exactly while leftovers are stopped";
  }
  return {};
}

std::string wish_objection(const ServiceState& state) {
  const bool is_on_the_way_down =
      state.phase == Phase::stopped || state.phase == Phase::done ||
      (state.phase == Phase::stopping && state.after_stop == Phase::stopped);
  return state.wanted || is_on_the_way_down ? "" : "not wanted, and not on the way down";
}

bool has(const Step& step, Action::Type type) {
  return std::ranges::any_of(step.actions.list(),
                             [&](const Action& action) { return action.type == type; });
}

std::string signal_objection(const ServiceState& before, const Step& step, const Policy& policy) {
  const ServiceState& after = step.state;
  const bool sends = has(step, Action::Type::signal_leader) || has(step, Action::Type::signal_tree);
  const bool can_be_signalled = after.phase == Phase::stopping && after.leader != Leader::asked;
  const bool has_changed = before.phase != after.phase || before.stop_stage != after.stop_stage ||
                           before.leader != after.leader;
  if (sends != (can_be_signalled && has_changed)) {
    return "a stage is signalled once when it begins and once when the leader has ended";
  }
  for (const Action& action : step.actions.list()) {
    const bool is_signal =
        action.type == Action::Type::signal_leader || action.type == Action::Type::signal_tree;
    if (is_signal && action != stop_signal(after, policy)) {
      return "not the signal of the stage";
    }
  }
  return {};
}

}  // namespace

std::string objection_to(const Position& position, const Policy& policy) {
  const ServiceState& state = position.state;
  for (const std::string& objection :
       {deadline_objection(state, policy), process_objection(position), watch_objection(position),
        wish_objection(state)}) {
    if (!objection.empty()) {
      return objection;
    }
  }
  if (state.is_stuck() && !position.world.got_last_signal) {
    return "stuck, but the last signal was never sent";
  }
  if (state.phase == Phase::backoff &&
      state.deadline_ns - state.since_ns > to_ns(policy.restart.max_delay)) {
    return "a delay above max_delay";
  }
  if (state.ends.count > policy.restart.limit + 1) {
    return "ends beyond the limit are remembered";
  }
  return {};
}

std::string objection_to(const ServiceState& before, const Event& event, const Step& step,
                         const Policy& policy) {
  const ServiceState& after = step.state;
  const bool begins = before.run != after.run;
  if (begins != has(step, Action::Type::spawn) || (begins && after.run != event.next_run)) {
    return "a run begins with a spawn, and has the next id";
  }
  if (begins && !after.wanted) {
    return "a run that nobody wants";
  }
  const bool has_ended_for_good =
      before.phase != after.phase && (after.phase == Phase::failed || after.phase == Phase::done ||
                                      (after.phase == Phase::stopped && after.wanted));
  if (has_ended_for_good != has(step, Action::Type::finished)) {
    return "finished is told exactly when it ended for good by itself";
  }
  if (event.type == Event::Type::ended && !has(step, Action::Type::acknowledge)) {
    return "an end without acknowledgement";
  }
  if (event.type == Event::Type::deadline && after.deadline_ns != 0 &&
      after.deadline_ns <= event.now_ns) {
    return "a deadline that has passed is still armed";
  }
  const bool asks_to_start = event.type == Event::Type::start || event.type == Event::Type::restart;
  if (asks_to_start && event.requirements_met && !before.is_active() &&
      (after.phase != Phase::starting || after.attempt != 0 || after.ends.count != 0)) {
    return "a start with everything there begins at once, and forgives";
  }
  return signal_objection(before, step, policy);
}

}  // namespace tend::service::test
