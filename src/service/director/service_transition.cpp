#include "service/director/service_transition.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tend::service {

namespace {

std::int64_t later(std::int64_t now_ns, std::int64_t duration_ns) {
  const std::int64_t room = std::numeric_limits<std::int64_t>::max() - now_ns;
  return now_ns + std::clamp<std::int64_t>(duration_ns, 0, room);
}

}  // namespace

Step Transition::result() const { return {state_, actions_}; }

void Transition::act(Action::Type type) { actions_.add({type, 0, state_.run}); }

void Transition::enter(Phase phase) {
  state_.phase = phase;
  state_.since_ns = event_.now_ns;
  state_.deadline_ns = 0;
}

// --- beginning -----------------------------------------------------------------------------------

void Transition::forgive() {
  state_.attempt = 0;
  state_.ends = {};
}

void Transition::start_afresh() {
  state_.wanted = true;
  forgive();
  start_when_possible();
}

void Transition::start_when_possible() {
  if (event_.requirements_met) {
    begin_run();
  } else if (state_.phase != Phase::waiting) {
    enter(Phase::waiting);
  }
}

void Transition::begin_run() {
  enter(Phase::starting);
  state_.run = event_.next_run;
  state_.started_ns = event_.now_ns;
  state_.leader = Leader::asked;
  if (policy_.has_readiness) {
    state_.deadline_ns = later(event_.now_ns, policy_.ready_timeout_ns);
  }
  act(Action::Type::spawn);
}

void Transition::start_by_policy() {
  ++state_.restarts;
  start_when_possible();
}

/// The pause has been the punishment: the ends that led to it do not count again.
void Transition::end_cooling_down() {
  state_.ends = {};
  start_by_policy();
}

/// The ends so far still count: nobody has looked after this service.
void Transition::start_with_dependency() {
  state_.cause = Cause::dependency;
  start_when_possible();
}

void Transition::forget_wish() { state_.wanted = false; }

void Transition::stop_without_a_run() {
  forget_wish();
  state_.cause = Cause::asked;
  enter(Phase::stopped);
}

// --- running -------------------------------------------------------------------------------------

void Transition::leader_started() {
  state_.leader = Leader::alive;
  if (policy_.has_readiness) {
    act(Action::Type::watch_ready);
  } else {
    enter(Phase::up);
  }
}

void Transition::become_ready() {
  if (!policy_.has_readiness) {
    return;
  }
  leave_starting();
  // READY=1 can overtake `spawned`: only a program that runs can say so.
  state_.leader = Leader::alive;
  enter(Phase::up);
}

/// Readiness is watched exactly while a started leader is `starting`.
void Transition::leave_starting() {
  if (state_.phase == Phase::starting && state_.leader == Leader::alive && policy_.has_readiness) {
    act(Action::Type::unwatch_ready);
  }
}

void Transition::begin_reload() { enter(Phase::reloading); }

void Transition::end_reload() { enter(Phase::up); }

/// A deadline is never brought forward, and none is made where there was none.
void Transition::extend_deadline() {
  if (state_.deadline_ns != 0) {
    state_.deadline_ns = std::max(state_.deadline_ns, later(event_.now_ns, event_.duration_ns));
  }
}

// --- stopping ------------------------------------------------------------------------------------

void Transition::stop_running() {
  forget_wish();
  begin_stop(Cause::asked, Phase::stopped);
}

void Transition::restart_running() {
  state_.wanted = true;
  forgive();
  begin_stop(Cause::asked, Phase::starting);
}

void Transition::restart_with_dependency() { begin_stop(Cause::dependency, Phase::starting); }

/// The readiness timeout has passed: a failure, decided before the run has ended.
void Transition::give_up_waiting() { begin_stop(Cause::not_ready, verdict(false)); }

void Transition::begin_stop(Cause cause, Phase after) {
  leave_starting();
  state_.cause = cause;
  state_.after_stop = after;
  state_.stop_stage = 0;
  enter(Phase::stopping);
  // A process that does not exist yet cannot be signalled: the ladder begins when it is there.
  if (state_.leader != Leader::asked) {
    begin_stage();
  }
}

void Transition::begin_stage() {
  actions_.add(stop_signal(state_, policy_));
  state_.deadline_ns = later(event_.now_ns, to_ns(stop_stage(state_, policy_).wait));
}

void Transition::next_stage() {
  if (state_.stop_stage + std::size_t{1} >= policy_.stop.size()) {
    return;
  }
  ++state_.stop_stage;
  if (state_.leader != Leader::asked) {
    begin_stage();
  }
}

/// Without a deadline after the last stage, the service is shown as stuck.
void Transition::stage_is_over() {
  state_.deadline_ns = 0;
  next_stage();
}

void Transition::start_after_stop() {
  state_.wanted = true;
  forgive();
  state_.after_stop = Phase::starting;
}

void Transition::stay_stopped() {
  forget_wish();
  state_.cause = Cause::asked;
  state_.after_stop = Phase::stopped;
}

void Transition::stopped_leader_started() {
  state_.leader = Leader::alive;
  begin_stage();
}

// --- ending --------------------------------------------------------------------------------------

/// The end of a run that was not being stopped.
void Transition::leader_ended() {
  leave_starting();
  state_.cause = cause_of_end();
  state_.after_stop = verdict(state_.cause == Cause::exited && event_.outcome.is_success());
  forget_leader();
  if (event_.tree_is_empty) {
    act(Action::Type::acknowledge);
    arrive();
    return;
  }
  state_.stop_stage = 0;
  enter(Phase::stopping);
  act(Action::Type::watch_tree);
  begin_stage();
  // Last: until then the leader's zombie reserves the number of its process group.
  act(Action::Type::acknowledge);
}

/// The ladder goes on where it is: what is left gets the signal of this stage, too.
void Transition::stopped_leader_ended() {
  const bool has_begun = state_.leader == Leader::alive;
  forget_leader();
  if (event_.tree_is_empty) {
    act(Action::Type::acknowledge);
    arrive();
    return;
  }
  act(Action::Type::watch_tree);
  if (has_begun) {
    actions_.add(stop_signal(state_, policy_));
  } else {
    begin_stage();
  }
  act(Action::Type::acknowledge);
}

void Transition::forget_leader() {
  state_.leader = Leader::none;
  state_.last = event_.outcome;
}

/// A process that failed before exec has no children: there is no tree to wait for.
void Transition::run_failed_to_start() {
  leave_starting();
  state_.cause = Cause::not_started;
  state_.after_stop = verdict(false);
  forget_leader();
  arrive();
}

void Transition::stopped_run_failed_to_start() {
  forget_leader();
  arrive();
}

Cause Transition::cause_of_end() const {
  if (event_.outcome.how == Outcome::How::not_started) {
    return Cause::not_started;
  }
  const bool was_awaited = state_.phase == Phase::starting && policy_.has_readiness;
  return was_awaited && policy_.kind == Kind::service ? Cause::ended_before_ready : Cause::exited;
}

/// Where a run leads that ended by itself, or was given up: remembers the end, too.
Phase Transition::verdict(bool is_success) {
  const RestartPolicy& restart = policy_.restart;
  if (state_.is_ready() && event_.now_ns - state_.started_ns >= to_ns(restart.reset_after)) {
    forgive();
  }
  if (is_success && policy_.kind == Kind::task) {
    return Phase::done;
  }
  if (is_success && restart.when != RestartWhen::always) {
    return Phase::stopped;
  }
  if (restart.when == RestartWhen::never) {
    return Phase::failed;
  }
  state_.ends = with_end(state_.ends, event_.now_ns, to_ns(restart.limit_window));
  return are_too_many(state_.ends, restart) ? Phase::cooling_down : Phase::backoff;
}

void Transition::arrive() {
  enter(std::exchange(state_.after_stop, Phase::stopped));
  state_.stop_stage = 0;
  if (state_.phase == Phase::starting) {
    start_when_possible();
  } else if (state_.phase == Phase::cooling_down) {
    state_.deadline_ns = later(event_.now_ns, to_ns(policy_.restart.cool_down));
  } else if (state_.phase == Phase::backoff) {
    const std::int64_t delay_ns =
        restart_delay_ns(policy_.restart, state_.attempt++, event_.random);
    state_.deadline_ns = later(event_.now_ns, delay_ns);
    if (delay_ns == 0) {
      start_by_policy();
    }
  } else if (state_.wanted) {
    act(Action::Type::finished);
  }
}

}  // namespace tend::service
