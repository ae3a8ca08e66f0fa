#include "service/director/service_state.hpp"

#include <algorithm>
#include <csignal>

#include "service/director/service_transition.hpp"

namespace tend::service {

namespace {

// The table: one function per phase, one line per event. docs/service-states.md shows it.

void when_stopped(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_afresh(); return;
    case stop: now.forget_wish(); return;
    case hurry:
    case requirements_met:
    case spawned:
    case spawn_failed:
    case ready:
    case reloading:
    case extend:
    case ended:
    case tree_gone:
    case deadline:
    case dependency_restarted: return;
  }
}

void when_waiting(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_afresh(); return;
    case stop: now.stop_without_a_run(); return;
    case requirements_met: now.begin_run(); return;
    case hurry:
    case spawned:
    case spawn_failed:
    case ready:
    case reloading:
    case extend:
    case ended:
    case tree_gone:
    case deadline:
    case dependency_restarted: return;
  }
}

void when_starting(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case stop: now.stop_running(); return;
    case restart: now.restart_running(); return;
    case dependency_restarted: now.restart_with_dependency(); return;
    case spawned: now.leader_started(); return;
    case spawn_failed: now.run_failed_to_start(); return;
    case ready: now.become_ready(); return;
    case extend: now.extend_deadline(); return;
    case ended: now.leader_ended(); return;
    case deadline: now.give_up_waiting(); return;
    case start:
    case hurry:
    case requirements_met:
    case reloading:
    case tree_gone: return;
  }
}

void when_up(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case stop: now.stop_running(); return;
    case restart: now.restart_running(); return;
    case dependency_restarted: now.restart_with_dependency(); return;
    case spawn_failed: now.run_failed_to_start(); return;
    case reloading: now.begin_reload(); return;
    case ended: now.leader_ended(); return;
    case start:
    case hurry:
    case requirements_met:
    case spawned:
    case ready:
    case extend:
    case tree_gone:
    case deadline: return;
  }
}

void when_reloading(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case stop: now.stop_running(); return;
    case restart: now.restart_running(); return;
    case dependency_restarted: now.restart_with_dependency(); return;
    case ready: now.end_reload(); return;
    case ended: now.leader_ended(); return;
    case start:
    case hurry:
    case requirements_met:
    case spawned:
    case spawn_failed:
    case reloading:
    case extend:
    case tree_gone:
    case deadline: return;
  }
}

void when_stopping(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_after_stop(); return;
    case stop: now.stay_stopped(); return;
    case hurry: now.next_stage(); return;
    case spawned: now.stopped_leader_started(); return;
    case spawn_failed: now.stopped_run_failed_to_start(); return;
    case extend: now.extend_deadline(); return;
    case ended: now.stopped_leader_ended(); return;
    case tree_gone: now.arrive(); return;
    case deadline: now.stage_is_over(); return;
    case requirements_met:
    case ready:
    case reloading:
    case dependency_restarted: return;
  }
}

void when_backoff(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_afresh(); return;
    case stop: now.stop_without_a_run(); return;
    case deadline: now.start_by_policy(); return;
    case dependency_restarted: now.start_with_dependency(); return;
    case hurry:
    case requirements_met:
    case spawned:
    case spawn_failed:
    case ready:
    case reloading:
    case extend:
    case ended:
    case tree_gone: return;
  }
}

void when_cooling_down(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_afresh(); return;
    case stop: now.stop_without_a_run(); return;
    case deadline: now.end_cooling_down(); return;
    case hurry:
    case requirements_met:
    case spawned:
    case spawn_failed:
    case ready:
    case reloading:
    case extend:
    case ended:
    case tree_gone:
    case dependency_restarted: return;
  }
}

void when_failed(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_afresh(); return;
    case stop: now.stop_without_a_run(); return;
    case hurry:
    case requirements_met:
    case spawned:
    case spawn_failed:
    case ready:
    case reloading:
    case extend:
    case ended:
    case tree_gone:
    case deadline:
    case dependency_restarted: return;
  }
}

/// What a completed task has done stays done, whatever is wished afterwards.
void when_done(Transition& now, Event::Type event) {
  using enum Event::Type;
  switch (event) {
    case start:
    case restart: now.start_afresh(); return;
    case stop: now.forget_wish(); return;
    case hurry:
    case requirements_met:
    case spawned:
    case spawn_failed:
    case ready:
    case reloading:
    case extend:
    case ended:
    case tree_gone:
    case deadline:
    case dependency_restarted: return;
  }
}

/// Can this event be true? What speaks of another run, of a leader whose end is known, or of a time
/// that has not come, is a latecomer.
bool is_credible(const ServiceState& state, const Event& event) {
  using enum Event::Type;
  const bool is_this_run = event.run == state.run;
  switch (event.type) {
    case spawned: return is_this_run && state.leader == Leader::asked;
    case spawn_failed:
    case ready:
    case reloading:
    case ended: return is_this_run && state.leader != Leader::none;
    case tree_gone: return is_this_run && state.leader == Leader::none;
    case extend: return is_this_run;
    case deadline: return state.deadline_ns != 0 && event.now_ns >= state.deadline_ns;
    case start:
    case stop:
    case restart:
    case hurry:
    case requirements_met:
    case dependency_restarted: return true;
  }
  return false;
}

}  // namespace

StopStage stop_stage(const ServiceState& state, const Policy& policy) {
  constexpr StopStage kill{SIGKILL, milliseconds{0}};
  return state.stop_stage < policy.stop.size() ? policy.stop[state.stop_stage] : kill;
}

Action stop_signal(const ServiceState& state, const Policy& policy) {
  const int signal = stop_stage(state, policy).signal;
  const bool is_polite = state.leader == Leader::alive && signal != SIGKILL;
  return {is_polite ? Action::Type::signal_leader : Action::Type::signal_tree, signal, state.run};
}

void Actions::add(Action action) noexcept { items_[count_++] = action; }

bool Actions::operator==(const Actions& other) const noexcept {
  return std::ranges::equal(list(), other.list());
}

Policy policy_of(const ServiceSpec& spec) {
  return {.kind = spec.kind,
          .has_readiness = spec.ready.means != ReadyMeans::none,
          .ready_timeout_ns = to_ns(spec.ready.timeout),
          .restart = spec.restart,
          .stop = spec.stop};
}

Step step(const ServiceState& state, const Event& event, const Policy& policy) {
  if (!is_credible(state, event)) {
    Step same{.state = state};
    if (event.type == Event::Type::ended) {
      same.actions.add({Action::Type::acknowledge, 0, event.run});
    }
    return same;
  }
  Transition transition(state, event, policy);
  switch (state.phase) {
    case Phase::stopped: when_stopped(transition, event.type); break;
    case Phase::waiting: when_waiting(transition, event.type); break;
    case Phase::starting: when_starting(transition, event.type); break;
    case Phase::up: when_up(transition, event.type); break;
    case Phase::reloading: when_reloading(transition, event.type); break;
    case Phase::stopping: when_stopping(transition, event.type); break;
    case Phase::backoff: when_backoff(transition, event.type); break;
    case Phase::cooling_down: when_cooling_down(transition, event.type); break;
    case Phase::failed: when_failed(transition, event.type); break;
    case Phase::done: when_done(transition, event.type); break;
  }
  return transition.result();
}

}  // namespace tend::service
