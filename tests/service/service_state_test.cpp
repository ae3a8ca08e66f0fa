#include "service/director/service_state.hpp"

#include <gtest/gtest.h>

#include "service/service_life.hpp"

namespace tend::service::test {

namespace {

using namespace std::chrono_literals;
using Type = Event::Type;

const std::vector<StopStage> ladder = {{SIGINT, 5s}, {SIGTERM, 8s}, {SIGKILL, 2s}};

Policy plain(RestartWhen when = RestartWhen::failure) {
  Policy policy{.stop = ladder};
  policy.restart.when = when;
  policy.restart.first_at_once = false;
  policy.restart.jitter = 0.0;
  return policy;
}

Policy ready(RestartWhen when = RestartWhen::failure) {
  Policy policy = plain(when);
  policy.has_readiness = true;
  policy.ready_timeout_ns = 60 * life_second;
  return policy;
}

Policy task(RestartWhen when = RestartWhen::failure) {
  Policy policy = plain(when);
  policy.kind = Kind::task;
  return policy;
}

// --- starting -----------------------------------------------------------------------------------

TEST(service_state, starts_and_is_up_when_its_program_runs) {
  Life web(plain());
  EXPECT_EQ(web.tell(Type::start), "spawn");
  EXPECT_EQ(web.state.phase, Phase::starting);
  EXPECT_EQ(web.state.run, 1U);
  EXPECT_EQ(web.tell(Type::spawned), "");
  EXPECT_EQ(web.state.phase, Phase::up);
  EXPECT_TRUE(web.state.is_ready());
}

TEST(service_state, waits_for_what_it_requires) {
  Life web(plain());
  EXPECT_EQ(web.tell({.type = Type::start, .requirements_met = false}), "");
  EXPECT_EQ(web.state.phase, Phase::waiting);
  EXPECT_EQ(web.tell({.type = Type::start, .requirements_met = false}), "");
  EXPECT_EQ(web.tell(Type::requirements_met), "spawn");
}

TEST(service_state, is_up_only_when_it_is_ready) {
  Life web(ready());
  EXPECT_EQ(web.tell(Type::start), "spawn");
  EXPECT_EQ(web.left_ms(), 60'000);
  EXPECT_EQ(web.tell(Type::spawned), "watch ready");
  EXPECT_EQ(web.state.phase, Phase::starting);
  EXPECT_EQ(web.tell(Type::ready), "unwatch ready");
  EXPECT_EQ(web.state.phase, Phase::up);
  EXPECT_EQ(web.left_ms(), -1);
}

TEST(service_state, ready_that_overtakes_spawned_is_not_lost) {
  Life web(ready());
  web.tell(Type::start);
  EXPECT_EQ(web.tell(Type::ready), "");
  EXPECT_EQ(web.state.phase, Phase::up);
  EXPECT_EQ(web.tell(Type::spawned), "");
  EXPECT_EQ(web.state.phase, Phase::up);
}

TEST(service_state, extend_moves_the_readiness_timeout_but_never_brings_it_forward) {
  Life web(ready());
  web.begin();
  web.tell({.type = Type::extend, .duration_ns = 90 * life_second});
  EXPECT_EQ(web.left_ms(), 90'000);
  web.tell({.type = Type::extend, .duration_ns = life_second});
  EXPECT_EQ(web.left_ms(), 90'000);
}

TEST(service_state, not_ready_in_time_is_stopped_and_tried_again) {
  Life web(ready());
  web.begin();
  EXPECT_EQ(web.meet_deadline(), "unwatch ready, signal leader 2");
  EXPECT_EQ(web.state.phase, Phase::stopping);
  EXPECT_EQ(web.is_killed(SIGINT), "acknowledge");
  EXPECT_EQ(web.state.phase, Phase::backoff);
  EXPECT_EQ(web.state.cause, Cause::not_ready);
}

TEST(service_state, an_end_before_ready_is_a_failure_even_with_exit_code_0) {
  Life web(ready(RestartWhen::never));
  web.begin();
  EXPECT_EQ(web.exits(0), "unwatch ready, acknowledge, finished");
  EXPECT_EQ(web.state.phase, Phase::failed);
  EXPECT_EQ(web.state.cause, Cause::ended_before_ready);
}

TEST(service_state, a_missing_program_fails_with_its_step) {
  Life web(plain(RestartWhen::never));
  web.tell(Type::start);
  EXPECT_EQ(web.fails_to_start(), "finished");
  EXPECT_EQ(web.state.phase, Phase::failed);
  EXPECT_EQ(web.state.cause, Cause::not_started);
  EXPECT_EQ(web.state.last.step, 9);
  // The keeper's report of the same run comes later.
  const ServiceState before = web.state;
  EXPECT_EQ(web.exits(127), "acknowledge");
  EXPECT_EQ(web.state, before);
}

TEST(service_state, a_missing_program_is_tried_again_by_policy) {
  Life web(plain());
  web.tell(Type::start);
  EXPECT_EQ(web.fails_to_start(), "");
  EXPECT_EQ(web.state.phase, Phase::backoff);
}

TEST(service_state, start_of_what_runs_changes_nothing) {
  Life web(plain());
  web.come_up();
  const ServiceState before = web.state;
  EXPECT_EQ(web.tell(Type::start), "");
  EXPECT_EQ(web.state, before);
}

TEST(service_state, reloading_is_up_and_ready_ends_it) {
  Life web(ready());
  web.come_up();
  EXPECT_EQ(web.tell(Type::reloading), "");
  EXPECT_EQ(web.state.phase, Phase::reloading);
  EXPECT_TRUE(web.state.is_ready());
  EXPECT_EQ(web.tell(Type::ready), "");
  EXPECT_EQ(web.state.phase, Phase::up);
}

// --- ending by itself ---------------------------------------------------------------------------

TEST(service_state, exit_0_with_never_is_stopped_and_finished) {
  Life web(plain(RestartWhen::never));
  web.come_up();
  EXPECT_EQ(web.exits(0), "acknowledge, finished");
  EXPECT_EQ(web.state.phase, Phase::stopped);
  EXPECT_EQ(web.state.last, (Outcome{.how = Outcome::How::exited, .value = 0}));
}

TEST(service_state, exit_0_with_failure_is_stopped_and_with_always_restarted) {
  Life calm(plain());
  calm.come_up().exits(0);
  EXPECT_EQ(calm.state.phase, Phase::stopped);
  Life eager(plain(RestartWhen::always));
  eager.come_up().exits(0);
  EXPECT_EQ(eager.state.phase, Phase::backoff);
}

TEST(service_state, the_first_failure_is_restarted_at_once_and_the_second_waits) {
  Policy policy = plain();
  policy.restart.first_at_once = true;
  Life web(policy);
  web.come_up();
  EXPECT_EQ(web.exits(3), "acknowledge, spawn");
  EXPECT_EQ(web.state.restarts, 1U);
  web.tell(Type::spawned);
  web.exits(3);
  EXPECT_EQ(web.state.phase, Phase::backoff);
  EXPECT_EQ(web.left_ms(), 100);
}

TEST(service_state, a_failure_is_restarted_after_the_delay) {
  Life web(plain());
  web.come_up();
  EXPECT_EQ(web.exits(3), "acknowledge");
  EXPECT_EQ(web.state.phase, Phase::backoff);
  EXPECT_EQ(web.left_ms(), 100);
  EXPECT_EQ(web.state.last.value, 3);
  EXPECT_EQ(web.meet_deadline(), "spawn");
  EXPECT_EQ(web.state.run, 2U);
  EXPECT_EQ(web.state.restarts, 1U);
}

TEST(service_state, an_unknown_end_is_a_failure) {
  Life web(plain(RestartWhen::never));
  web.come_up();
  web.tell({.type = Type::ended, .outcome = {.how = Outcome::How::unknown}});
  EXPECT_EQ(web.state.phase, Phase::failed);
}

TEST(service_state, gaps_grow_and_reset_after_a_healthy_run) {
  Life web(plain());
  web.come_up();
  for (const int gap_ms : {100, 200, 400}) {
    web.exits(1);
    EXPECT_EQ(web.left_ms(), gap_ms);
    web.meet_deadline();
    web.tell(Type::spawned);
  }
  web.pass(10s);
  web.exits(1);
  EXPECT_EQ(web.left_ms(), 100);
  EXPECT_EQ(web.state.restarts, 3U);
}

TEST(service_state, a_long_time_without_readiness_is_not_a_healthy_run) {
  Life web(ready());
  web.begin();
  web.exits(1);
  EXPECT_EQ(web.left_ms(), 100);
  web.meet_deadline();
  web.tell(Type::spawned);
  web.pass(50s);
  web.exits(1);
  EXPECT_EQ(web.left_ms(), 200);
}

TEST(service_state, more_ends_than_the_limit_lead_to_cooling_down_and_start_clears_it) {
  Policy policy = plain();
  policy.restart.limit = 2;
  Life web(policy);
  web.come_up();
  for (int end = 0; end < 2; ++end) {
    web.exits(1);
    EXPECT_EQ(web.state.phase, Phase::backoff);
    web.meet_deadline();
    web.tell(Type::spawned);
  }
  web.exits(1);
  EXPECT_EQ(web.state.phase, Phase::cooling_down);
  EXPECT_EQ(web.left_ms(), 60'000);

  Life helped = web;
  EXPECT_EQ(helped.tell(Type::start), "spawn");
  EXPECT_EQ(helped.state.ends.count, 0U);
  EXPECT_EQ(helped.state.attempt, 0U);

  EXPECT_EQ(web.meet_deadline(), "spawn");
  EXPECT_EQ(web.state.ends.count, 0U);
}

TEST(service_state, a_delay_of_nothing_restarts_at_once) {
  Policy policy = plain();
  policy.restart.delay = 0ms;
  Life web(policy);
  web.come_up();
  EXPECT_EQ(web.exits(1), "acknowledge, spawn");
  EXPECT_EQ(web.state.restarts, 1U);
}

TEST(service_state, after_backoff_it_waits_for_what_is_missing) {
  Life web(plain());
  web.come_up().exits(1);
  web.now_ns = web.state.deadline_ns;
  EXPECT_EQ(web.tell({.type = Type::deadline, .requirements_met = false}), "");
  EXPECT_EQ(web.state.phase, Phase::waiting);
  EXPECT_EQ(web.tell(Type::requirements_met), "spawn");
  EXPECT_EQ(web.state.restarts, 1U);
}

TEST(service_state, leftovers_are_cleaned_away_before_the_next_run) {
  Life web(plain());
  web.come_up();
  EXPECT_EQ(web.exits(1, false), "watch tree, signal tree 2, acknowledge");
  EXPECT_EQ(web.state.phase, Phase::stopping);
  EXPECT_EQ(web.meet_deadline(), "signal tree 15");
  EXPECT_EQ(web.meet_deadline(), "signal tree 9");
  EXPECT_EQ(web.tell(Type::tree_gone), "");
  EXPECT_EQ(web.state.phase, Phase::backoff);
  EXPECT_EQ(web.state.cause, Cause::exited);
}

// --- tasks --------------------------------------------------------------------------------------

TEST(service_state, a_task_that_exits_with_0_is_done_whatever_the_policy) {
  for (const RestartWhen when : {RestartWhen::always, RestartWhen::failure, RestartWhen::never}) {
    Life migrate(task(when));
    migrate.come_up();
    EXPECT_EQ(migrate.exits(0), "acknowledge, finished");
    EXPECT_EQ(migrate.state.phase, Phase::done);
  }
}

TEST(service_state, a_task_that_fails_is_retried_or_failed) {
  Life once(task(RestartWhen::never));
  EXPECT_EQ(once.come_up().exits(1), "acknowledge, finished");
  EXPECT_EQ(once.state.phase, Phase::failed);
  Life stubborn(task());
  stubborn.come_up().exits(1);
  EXPECT_EQ(stubborn.state.phase, Phase::backoff);
}

TEST(service_state, a_done_task_stays_done_when_stopped_and_runs_again_when_started) {
  Life migrate(task());
  migrate.come_up().exits(0);
  migrate.tell(Type::stop);
  EXPECT_EQ(migrate.state.phase, Phase::done);
  EXPECT_EQ(migrate.tell(Type::start), "spawn");
}

// --- stopping -----------------------------------------------------------------------------------

TEST(service_state, climbs_the_ladder_until_nothing_is_left) {
  Life web(plain());
  web.come_up();
  EXPECT_EQ(web.tell(Type::stop), "signal leader 2");
  EXPECT_EQ(web.left_ms(), 5'000);
  EXPECT_EQ(web.meet_deadline(), "signal leader 15");
  EXPECT_EQ(web.left_ms(), 8'000);
  EXPECT_EQ(web.meet_deadline(), "signal tree 9");
  EXPECT_FALSE(web.state.is_stuck());
  EXPECT_EQ(web.meet_deadline(), "");
  EXPECT_TRUE(web.state.is_stuck());
  EXPECT_EQ(web.is_killed(SIGKILL), "acknowledge");
  EXPECT_EQ(web.state.phase, Phase::stopped);
  EXPECT_FALSE(web.state.is_stuck());
}

TEST(service_state, what_the_leader_leaves_gets_the_signal_of_the_stage) {
  Life web(plain());
  web.come_up().tell(Type::stop);
  web.meet_deadline();
  web.pass(3s);
  EXPECT_EQ(web.exits(0, false), "watch tree, signal tree 15, acknowledge");
  EXPECT_EQ(web.left_ms(), 5'000);
  EXPECT_EQ(web.tell(Type::tree_gone), "");
  EXPECT_EQ(web.state.phase, Phase::stopped);
}

TEST(service_state, hurry_goes_on_to_the_next_stage_at_once) {
  Life web(plain());
  web.come_up().tell(Type::stop);
  EXPECT_EQ(web.tell(Type::hurry), "signal leader 15");
  EXPECT_EQ(web.tell(Type::hurry), "signal tree 9");
  EXPECT_EQ(web.tell(Type::hurry), "");
  EXPECT_EQ(web.left_ms(), 2'000);
}

TEST(service_state, extend_moves_the_deadline_of_the_stage) {
  Life web(plain());
  web.come_up().tell(Type::stop);
  web.tell({.type = Type::extend, .duration_ns = 30 * life_second});
  EXPECT_EQ(web.left_ms(), 30'000);
}

TEST(service_state, stop_before_the_process_is_known_is_remembered) {
  Life web(plain());
  web.tell(Type::start);
  EXPECT_EQ(web.tell(Type::stop), "");
  EXPECT_EQ(web.left_ms(), -1);
  EXPECT_EQ(web.tell(Type::spawned), "signal leader 2");
  EXPECT_EQ(web.left_ms(), 5'000);
}

TEST(service_state, hurry_before_the_process_is_known_is_remembered) {
  Life web(plain());
  web.tell(Type::start);
  web.tell(Type::stop);
  web.tell(Type::hurry);
  web.tell(Type::hurry);
  EXPECT_EQ(web.tell(Type::spawned), "signal tree 9");
}

TEST(service_state, stop_before_a_failed_start_is_stopped_and_not_failed) {
  Life web(plain(RestartWhen::never));
  web.tell(Type::start);
  web.tell(Type::stop);
  EXPECT_EQ(web.fails_to_start(), "");
  EXPECT_EQ(web.state.phase, Phase::stopped);
}

TEST(service_state, stop_ends_waiting_backoff_and_failure) {
  Life waiting(plain());
  waiting.tell({.type = Type::start, .requirements_met = false});
  Life backoff(plain());
  backoff.come_up().exits(1);
  Life failed(plain(RestartWhen::never));
  failed.come_up().exits(1);
  for (Life* life : {&waiting, &backoff, &failed}) {
    EXPECT_EQ(life->tell(Type::stop), "");
    EXPECT_EQ(life->state.phase, Phase::stopped);
    EXPECT_EQ(life->left_ms(), -1);
    EXPECT_FALSE(life->state.wanted);
  }
}

TEST(service_state, start_during_a_slow_stop_starts_when_the_old_one_is_gone) {
  Life web(plain());
  web.come_up().tell(Type::stop);
  EXPECT_EQ(web.tell(Type::start), "");
  EXPECT_EQ(web.state.phase, Phase::stopping);
  EXPECT_EQ(web.exits(0), "acknowledge, spawn");
  EXPECT_EQ(web.state.run, 2U);
}

TEST(service_state, the_last_wish_during_a_stop_counts) {
  Life web(plain());
  web.come_up().tell(Type::stop);
  web.tell(Type::start);
  web.tell(Type::stop);
  EXPECT_EQ(web.exits(0), "acknowledge");
  EXPECT_EQ(web.state.phase, Phase::stopped);
}

TEST(service_state, restart_waits_if_a_requirement_has_gone_meanwhile) {
  Life web(plain());
  web.come_up();
  EXPECT_EQ(web.tell(Type::restart), "signal leader 2");
  web.tell({.type = Type::ended,
            .requirements_met = false,
            .outcome = {.how = Outcome::How::exited, .value = 0}});
  EXPECT_EQ(web.state.phase, Phase::waiting);
}

TEST(service_state, a_restart_that_was_asked_for_is_not_counted_and_not_finished) {
  Life web(plain());
  web.come_up().tell(Type::restart);
  EXPECT_EQ(web.exits(1), "acknowledge, spawn");
  EXPECT_EQ(web.state.restarts, 0U);
  EXPECT_EQ(web.state.ends.count, 0U);
}

TEST(service_state, is_restarted_with_its_dependency_where_it_runs) {
  Life up(plain());
  up.come_up();
  EXPECT_EQ(up.tell(Type::dependency_restarted), "signal leader 2");
  EXPECT_EQ(up.state.cause, Cause::dependency);
  EXPECT_EQ(up.exits(0), "acknowledge, spawn");

  Life starting(ready());
  starting.begin();
  EXPECT_EQ(starting.tell(Type::dependency_restarted), "unwatch ready, signal leader 2");
  Life reloading(ready());
  reloading.come_up().tell(Type::reloading);
  EXPECT_EQ(reloading.tell(Type::dependency_restarted), "signal leader 2");
}

TEST(service_state, a_dependency_ends_backoff_but_forgives_nothing) {
  Life web(plain());
  web.come_up().exits(1);
  EXPECT_EQ(web.tell({.type = Type::dependency_restarted, .requirements_met = false}), "");
  EXPECT_EQ(web.state.phase, Phase::waiting);
  EXPECT_EQ(web.state.attempt, 1U);
  EXPECT_EQ(web.state.ends.count, 1U);
}

TEST(service_state, a_dependency_does_not_start_what_does_not_run) {
  Life failed(plain(RestartWhen::never));
  failed.come_up().exits(1);
  Life stopping(plain());
  stopping.come_up().tell(Type::stop);
  for (Life* life : {&failed, &stopping}) {
    const ServiceState before = life->state;
    EXPECT_EQ(life->tell(Type::dependency_restarted), "");
    EXPECT_EQ(life->state, before);
  }
}

TEST(service_state, an_end_of_another_run_is_only_acknowledged) {
  Life web(plain());
  web.come_up();
  const ServiceState before = web.state;
  EXPECT_EQ(web.tell({.type = Type::ended, .run = 99}), "acknowledge");
  EXPECT_EQ(web.state, before);
}

// --- policy -------------------------------------------------------------------------------------

TEST(policy, is_the_part_of_a_spec_that_decides) {
  ServiceSpec spec{.kind = Kind::task, .ready = {.means = ReadyMeans::notify, .timeout = 3s}};
  const Policy policy = policy_of(spec);
  EXPECT_EQ(policy.kind, Kind::task);
  EXPECT_TRUE(policy.has_readiness);
  EXPECT_EQ(policy.ready_timeout_ns, 3 * life_second);
  EXPECT_EQ(policy.stop.data(), spec.stop.data());
  spec.ready.means = ReadyMeans::none;
  EXPECT_FALSE(policy_of(spec).has_readiness);
}

}  // namespace

}  // namespace tend::service::test
