#include "service/director/service_state.hpp"

namespace tend::service {

namespace {

Step nothing(const ServiceState& state) { return {.state = state}; }

Step only(const ServiceState& state, Action::Type type) {
  Step result{.state = state};
  result.actions.add({type, 0, state.run});
  return result;
}

Step feed(const ServiceState& state, const Found& found, const Policy& policy, Event::Type type) {
  // Whether the requirements are there is not known yet: the caller asks that of what waits.
  return step(state,
              {.type = type, .now_ns = found.now_ns, .run = state.run, .requirements_met = false},
              policy);
}

/// The caller tells step() of an end, or of a failed start, right after this.
bool is_settled(const Found& found) {
  return found.has_ended || found.outcome.how == Outcome::How::not_started;
}

Step resume_starting(const ServiceState& state, const Found& found, const Policy& policy) {
  if (is_settled(found)) {
    return nothing(state);
  }
  if (state.leader == Leader::alive) {
    return only(state, Action::Type::watch_ready);
  }
  return found.has_process ? feed(state, found, policy, Event::Type::spawned)
                           : only(state, Action::Type::spawn);
}

/// A run that was asked for, never came to be, and shall not be any more.
Step resume_unborn(const ServiceState& state, const Found& found, const Policy& policy) {
  Step result = feed(state, found, policy, Event::Type::spawn_failed);
  result.state.last = state.last;
  return result;
}

Step resume_stopping(const ServiceState& state, const Found& found, const Policy& policy) {
  Step result{.state = state};
  if (state.leader == Leader::none) {
    result.actions.add({Action::Type::watch_tree, 0, state.run});
    result.actions.add(stop_signal(state, policy));
    return result;
  }
  if (is_settled(found)) {
    return result;
  }
  if (state.leader == Leader::asked) {
    return found.has_process ? feed(state, found, policy, Event::Type::spawned)
                             : resume_unborn(state, found, policy);
  }
  result.actions.add(stop_signal(state, policy));
  return result;
}

}  // namespace

Step resume(const ServiceState& state, const Found& found, const Policy& policy) {
  switch (state.phase) {
    case Phase::starting: return resume_starting(state, found, policy);
    case Phase::stopping: return resume_stopping(state, found, policy);
    case Phase::failed:
    case Phase::done: return only(state, Action::Type::finished);
    case Phase::stopped:
      // Still wanted, it ended by itself and with success.
      return state.wanted ? only(state, Action::Type::finished) : nothing(state);
    case Phase::waiting:
    case Phase::up:
    case Phase::reloading:
    case Phase::backoff:
    case Phase::cooling_down: return nothing(state);
  }
  return nothing(state);
}

}  // namespace tend::service
