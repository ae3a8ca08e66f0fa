// WorkerPlan: starts, pauses, readiness, replacement and the end of a pool, with a made-up clock.

#include "process/worker_plan.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <set>
#include <vector>

namespace tend::test {
namespace {

using namespace std::chrono_literals;
using process::WorkerPlan;
using Kind = WorkerPlan::Action::Kind;
using Phase = WorkerPlan::Phase;

constexpr WorkerPlan::Instant zero{};

WorkerPlan plan_of(std::size_t slots) {
  return WorkerPlan({.slots = slots,
                     .ready_within = 10s,
                     .drain_within = 5s,
                     .backoff_first = 100ms,
                     .backoff_factor = 2.0,
                     .backoff_most = 1s,
                     .healthy_after = 60s});
}

std::vector<Kind> kinds(const std::vector<WorkerPlan::Action>& actions) {
  std::vector<Kind> list;
  for (const WorkerPlan::Action& action : actions) {
    list.push_back(action.kind);
  }
  return list;
}

/// Starts all slots, and makes the workers 1 to `slots` ready.
WorkerPlan running(std::size_t slots) {
  WorkerPlan plan = plan_of(slots);
  for (const WorkerPlan::Action& action : plan.due(zero)) {
    plan.started(action.id, zero);
    plan.ready(action.id, zero);
  }
  return plan;
}

TEST(WorkerPlan, starts_one_worker_for_each_slot_once) {
  WorkerPlan plan = plan_of(3);
  EXPECT_EQ(plan.due(zero), (std::vector<WorkerPlan::Action>{
                                {Kind::start, 1, 0}, {Kind::start, 2, 1}, {Kind::start, 3, 2}}));
  EXPECT_TRUE(plan.due(zero).empty());
  EXPECT_EQ(plan.phase_of(2), Phase::starting);
}

TEST(WorkerPlan, pauses_grow_while_a_worker_keeps_failing) {
  WorkerPlan plan = running(1);
  WorkerPlan::Instant now = zero + 1s;
  WorkerPlan::Id id = 1;
  for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    plan.ended(id, now);
    EXPECT_EQ(plan.wake_at(), now + pause);
    EXPECT_TRUE(plan.due(now + pause - 1ns).empty());
    now += pause;
    const auto actions = plan.due(now);
    ASSERT_EQ(kinds(actions), std::vector<Kind>{Kind::start});
    id = actions[0].id;
    plan.ready(id, now);
  }
}

TEST(WorkerPlan, a_worker_that_was_healthy_is_followed_at_once) {
  WorkerPlan plan = running(1);
  plan.ended(1, zero + 60s);
  EXPECT_EQ(kinds(plan.due(zero + 60s)), std::vector<Kind>{Kind::start});
}

TEST(WorkerPlan, a_failed_start_pauses_like_a_failed_worker) {
  WorkerPlan plan = plan_of(1);
  plan.start_failed(plan.due(zero)[0].id, zero);
  EXPECT_TRUE(plan.due(zero).empty());
  EXPECT_EQ(kinds(plan.due(zero + 100ms)), std::vector<Kind>{Kind::start});
}

TEST(WorkerPlan, who_is_not_ready_in_time_is_killed_once) {
  WorkerPlan plan = plan_of(1);
  plan.due(zero);
  EXPECT_EQ(plan.wake_at(), zero + 10s);
  EXPECT_EQ(kinds(plan.due(zero + 10s)), std::vector<Kind>{Kind::kill});
  EXPECT_TRUE(plan.due(zero + 11s).empty());
  plan.ended(1, zero + 11s);
  EXPECT_TRUE(plan.due(zero + 11s).empty()) << "that was a failure";
}

TEST(WorkerPlan, who_is_killed_on_request_is_followed_without_a_pause) {
  WorkerPlan plan = running(2);
  plan.killed(1);
  EXPECT_TRUE(plan.due(zero).empty());
  plan.ended(1, zero);
  EXPECT_EQ(plan.due(zero), (std::vector<WorkerPlan::Action>{{Kind::start, 3, 0}}));
}

TEST(WorkerPlan, replaces_slot_by_slot_and_never_without_a_ready_worker) {
  WorkerPlan plan = running(2);
  plan.replace_all();
  EXPECT_EQ(plan.due(zero), (std::vector<WorkerPlan::Action>{{Kind::start, 3, 0}}));
  EXPECT_TRUE(plan.due(zero).empty()) << "the old one works until the new one is ready";
  plan.ready(3, zero);
  EXPECT_EQ(plan.due(zero), (std::vector<WorkerPlan::Action>{{Kind::drain, 1, 0}}));
  EXPECT_TRUE(plan.due(zero).empty()) << "the next slot waits until the old one is gone";
  plan.ended(1, zero + 1s);
  EXPECT_EQ(plan.due(zero + 1s), (std::vector<WorkerPlan::Action>{{Kind::start, 4, 1}}));
  plan.ready(4, zero + 1s);
  EXPECT_EQ(plan.due(zero + 1s), (std::vector<WorkerPlan::Action>{{Kind::drain, 2, 1}}));
  plan.ended(2, zero + 2s);
  EXPECT_EQ(kinds(plan.due(zero + 2s)), std::vector<Kind>{Kind::replaced});
  EXPECT_TRUE(plan.due(zero + 2s).empty());
}

TEST(WorkerPlan, who_does_not_drain_in_time_is_killed_before_it_goes_on) {
  WorkerPlan plan = running(2);
  plan.replace_all();
  plan.due(zero);
  plan.ready(3, zero);
  plan.due(zero);
  EXPECT_EQ(plan.due(zero + 5s), (std::vector<WorkerPlan::Action>{{Kind::kill, 1, 0}}));
  EXPECT_TRUE(plan.due(zero + 5s).empty());
  plan.ended(1, zero + 6s);
  EXPECT_EQ(plan.due(zero + 6s), (std::vector<WorkerPlan::Action>{{Kind::start, 4, 1}}));
}

TEST(WorkerPlan, a_successor_that_fails_ends_the_replacement_and_the_old_ones_stay) {
  WorkerPlan plan = running(2);
  plan.replace_all();
  plan.due(zero);
  plan.ended(3, zero);
  EXPECT_EQ(kinds(plan.due(zero)), std::vector<Kind>{Kind::replacement_failed});
  EXPECT_TRUE(plan.due(zero + 100s).empty());
  EXPECT_EQ(plan.phase_of(1), Phase::ready);
  EXPECT_EQ(plan.phase_of(2), Phase::ready);
}

TEST(WorkerPlan, a_second_replacement_replaces_also_what_the_first_has_started) {
  WorkerPlan plan = running(1);
  plan.replace_all();
  plan.due(zero);
  plan.replace_all();
  plan.ready(2, zero);
  EXPECT_EQ(plan.due(zero), (std::vector<WorkerPlan::Action>{{Kind::drain, 1, 0}}));
  plan.ended(1, zero);
  EXPECT_EQ(plan.due(zero), (std::vector<WorkerPlan::Action>{{Kind::start, 3, 0}}));
}

TEST(WorkerPlan, an_old_worker_that_dies_during_its_replacement_is_not_started_again_as_it_was) {
  WorkerPlan plan = running(1);
  plan.replace_all();
  plan.due(zero);
  plan.ended(1, zero);
  EXPECT_EQ(kinds(plan.due(zero + 1s)), std::vector<Kind>{Kind::replaced});
  plan.ready(2, zero + 1s);
  EXPECT_TRUE(plan.due(zero + 100s).empty()) << "the successor serves the slot";
}

TEST(WorkerPlan, stop_drains_all_and_starts_none) {
  WorkerPlan plan = running(2);
  plan.replace_all();
  plan.due(zero);
  plan.stop_all();
  EXPECT_EQ(kinds(plan.due(zero)), (std::vector<Kind>{Kind::drain, Kind::drain, Kind::drain}));
  EXPECT_FALSE(plan.is_stopped());
  for (const WorkerPlan::Id id : {1U, 2U, 3U}) {
    plan.ended(id, zero);
  }
  EXPECT_TRUE(plan.due(zero + 100s).empty());
  EXPECT_TRUE(plan.is_stopped());
}

/// Plays random events and checks after each what must always hold.
TEST(WorkerPlan, holds_its_promises_in_every_random_life) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    WorkerPlan plan = plan_of(3);
    WorkerPlan::Instant now = zero;
    std::set<WorkerPlan::Id> living;
    bool is_stopping = false;
    for (int event = 0; event < 200; ++event) {
      for (const WorkerPlan::Action& action : plan.due(now)) {
        if (action.kind == Kind::start) {
          EXPECT_FALSE(is_stopping) << "seed " << seed;
          EXPECT_TRUE(living.insert(action.id).second) << "seed " << seed;
        } else if (action.kind == Kind::drain || action.kind == Kind::kill) {
          EXPECT_TRUE(living.contains(action.id)) << "seed " << seed;
        }
      }
      EXPECT_TRUE(plan.due(now).empty()) << "told once; seed " << seed;
      EXPECT_LE(living.size(), 3U + 1U) << "at most one more while replacing; seed " << seed;
      std::vector<WorkerPlan::Id> all(living.begin(), living.end());
      const WorkerPlan::Id any = all.empty() ? 0 : all[random() % all.size()];
      switch (random() % 8) {
        case 0:
        case 1: plan.ready(any, now); break;
        case 2:
          plan.ended(any, now);
          living.erase(any);
          break;
        case 3: plan.replace_all(); break;
        case 4: plan.killed(any); break;
        case 5:
          is_stopping = is_stopping || random() % 20 == 0;
          if (is_stopping) {
            plan.stop_all();
          }
          break;
        default: now += std::chrono::milliseconds(random() % 3000); break;
      }
    }
  }
}

}  // namespace
}  // namespace tend::test
