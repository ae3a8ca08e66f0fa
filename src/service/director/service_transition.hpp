#pragma once
// One step of a service in the making: the verbs that the table of phases in service_state.cpp is
// written in. The state is changed in place, the actions are collected. Only for that file.

#include "service/director/service_state.hpp"

namespace tend::service {

class Transition {
 public:
  Transition(const ServiceState& state, const Event& event, const Policy& policy)
      : state_(state), event_(event), policy_(policy) {}

  [[nodiscard]] Step result() const;

  // Nothing runs.
  void start_afresh();  ///< Somebody wants it up: what was before is forgiven.
  void start_by_policy();
  void start_with_dependency();
  void end_cooling_down();
  void begin_run();
  void stop_without_a_run();
  void forget_wish();

  // It runs.
  void leader_started();
  void become_ready();
  void begin_reload();
  void end_reload();
  void extend_deadline();
  void give_up_waiting();
  void stop_running();
  void restart_running();
  void restart_with_dependency();

  // It runs no longer.
  void leader_ended();
  void run_failed_to_start();

  // It is being stopped.
  void start_after_stop();
  void stay_stopped();
  void next_stage();
  void stage_is_over();
  void stopped_leader_started();
  void stopped_leader_ended();
  void stopped_run_failed_to_start();
  void arrive();  ///< Nothing of the run is left: on to `after_stop`.

 private:
  void act(Action::Type type);
  void enter(Phase phase);
  void forgive();
  void start_when_possible();
  void leave_starting();
  void begin_stop(Cause cause, Phase after);
  void begin_stage();
  void forget_leader();
  [[nodiscard]] Cause cause_of_end() const;
  [[nodiscard]] Phase verdict(bool is_success);

  ServiceState state_;
  const Event& event_;
  const Policy& policy_;
  Actions actions_{};
};

}  // namespace tend::service
