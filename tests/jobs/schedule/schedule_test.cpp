// Schedule, step by step, with a made-up clock.

#include "jobs/schedule/schedule.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;
using Next = Schedule::Next;
using Ending = Schedule::Ending;

constexpr Schedule::Instant zero{};

/// Pulls job after job until none can start; the slots they got.
std::vector<unsigned> start_all(Schedule& schedule, Schedule::Sequence& last, Schedule::Instant now,
                                const Room& room = {}) {
  std::vector<unsigned> slots;
  while (true) {
    const Next next = schedule.next(now, room).next;
    if (next == Next::pull) {
      schedule.add(++last);
    } else if (next == Next::start) {
      slots.push_back(schedule.start(now).slot);
    } else {
      return slots;
    }
  }
}

TEST(Schedule, starts_as_many_as_there_are_slots_and_pulls_no_more) {
  Schedule schedule({.slots = 3});
  Schedule::Sequence last = 0;
  EXPECT_EQ(start_all(schedule, last, zero), (std::vector<unsigned>{1, 2, 3}));
  EXPECT_EQ(last, 3U);
  EXPECT_EQ(schedule.ended(2, Ending::success, zero).is_last, true);
  EXPECT_EQ(start_all(schedule, last, zero), (std::vector<unsigned>{2}));
  EXPECT_EQ(last, 4U);
}

TEST(Schedule, the_capacity_of_the_backend_counts_too) {
  Schedule schedule({.slots = 3});
  Schedule::Sequence last = 0;
  EXPECT_TRUE(start_all(schedule, last, zero, {.capacity = 0}).empty());
  EXPECT_EQ(start_all(schedule, last, zero, {.capacity = 2}).size(), 2U);
  EXPECT_TRUE(start_all(schedule, last, zero, {.is_open = false}).empty());
}

TEST(Schedule, is_finished_when_the_input_is_over_and_nothing_runs) {
  Schedule schedule({.slots = 1});
  EXPECT_EQ(schedule.next(zero, {}).next, Next::pull);
  schedule.end_input();
  EXPECT_EQ(schedule.next(zero, {}).next, Next::finished);
}

TEST(Schedule, the_delay_is_between_two_starts) {
  Schedule schedule({.slots = 2, .delay = 100ms});
  Schedule::Sequence last = 0;
  EXPECT_EQ(start_all(schedule, last, zero).size(), 1U);
  EXPECT_EQ(schedule.next(zero + 1ms, {}).at, zero + 100ms);
  EXPECT_EQ(start_all(schedule, last, zero + 100ms).size(), 1U);
}

TEST(Schedule, a_failed_job_is_tried_again_after_its_pause_and_before_new_ones) {
  Schedule schedule(
      {.slots = 1, .retries = {.attempts_max = 3, .pause_first = 1s, .pause_max = 9s}});
  Schedule::Sequence last = 0;
  start_all(schedule, last, zero);
  const Schedule::Verdict verdict = schedule.ended(1, Ending::failure, zero);
  EXPECT_FALSE(verdict.is_last);
  EXPECT_EQ(verdict.retry_at, zero + 1s);
  schedule.add(2);
  EXPECT_EQ(schedule.start(zero).sequence, 2U);  // The slot is used meanwhile.
  EXPECT_TRUE(schedule.ended(2, Ending::success, zero + 1s).is_last);
  schedule.add(3);
  const Schedule::Start second = schedule.start(zero + 1s);
  EXPECT_EQ(second.sequence, 1U);
  EXPECT_EQ(second.attempt, 2U);
  EXPECT_FALSE(second.is_last);
  EXPECT_EQ(schedule.ended(1, Ending::failure, zero + 2s).retry_at, zero + 4s);
  EXPECT_EQ(schedule.counts(), JobCounts{.succeeded = 1});
}

TEST(Schedule, the_last_attempt_is_known_as_such_and_decides) {
  Schedule schedule({.slots = 1, .retries = {.attempts_max = 2}});
  schedule.add(1);
  EXPECT_FALSE(schedule.start(zero).is_last);
  schedule.ended(1, Ending::failure, zero);
  EXPECT_TRUE(schedule.start(zero).is_last);
  EXPECT_TRUE(schedule.ended(1, Ending::failure, zero).is_last);
  EXPECT_EQ(schedule.counts(), JobCounts{.failed = 1});
}

TEST(Schedule, a_start_that_was_put_back_is_the_same_attempt_later) {
  Schedule schedule({.slots = 1});
  schedule.add(1);
  schedule.end_input();
  EXPECT_EQ(schedule.start(zero).attempt, 1U);
  schedule.put_back(1, zero + 50ms);
  EXPECT_EQ(schedule.next(zero, {}).next, Next::wait);
  EXPECT_EQ(schedule.next(zero, {}).at, zero + 50ms);
  EXPECT_EQ(schedule.start(zero + 50ms).attempt, 1U);
}

TEST(Schedule, a_lost_job_goes_to_another_worker_but_not_for_ever) {
  Schedule schedule({.slots = 1});
  schedule.add(1);
  for (unsigned loss = 1; loss < losses_max; ++loss) {
    EXPECT_EQ(schedule.start(zero).attempt, loss);
    EXPECT_FALSE(schedule.ended(1, Ending::lost, zero).is_last);
  }
  EXPECT_EQ(schedule.start(zero).attempt, losses_max);
  EXPECT_TRUE(schedule.ended(1, Ending::lost, zero).is_last);
  EXPECT_EQ(schedule.counts(), JobCounts{.failed = 1});
}

TEST(Schedule, halting_soon_starts_nothing_more_and_lets_the_others_finish) {
  Schedule schedule({.slots = 2, .halt = {.when = HaltPolicy::When::soon}});
  Schedule::Sequence last = 0;
  start_all(schedule, last, zero);
  schedule.ended(1, Ending::failure, zero);
  EXPECT_TRUE(schedule.is_halted());
  EXPECT_FALSE(schedule.wants_stop());
  EXPECT_EQ(schedule.next(zero, {}).next, Next::wait);
  schedule.ended(2, Ending::success, zero);
  EXPECT_EQ(schedule.next(zero, {}).next, Next::finished);
}

TEST(Schedule, halting_now_wants_the_others_ended_and_they_are_unfinished) {
  Schedule schedule({.slots = 2, .halt = {.when = HaltPolicy::When::now}});
  Schedule::Sequence last = 0;
  start_all(schedule, last, zero);
  schedule.ended(2, Ending::failure, zero);
  EXPECT_TRUE(schedule.wants_stop());
  schedule.ended(1, Ending::stopped, zero);
  EXPECT_EQ(schedule.counts(), (JobCounts{.failed = 1, .unfinished = 1}));
}

TEST(Schedule, draining_gives_up_what_waits_between_two_attempts) {
  Schedule schedule(
      {.slots = 1, .retries = {.attempts_max = 9, .pause_first = 1h, .pause_max = 1h}});
  schedule.add(1);
  static_cast<void>(schedule.start(zero));
  schedule.ended(1, Ending::failure, zero);
  schedule.add(2);
  schedule.drain();
  EXPECT_EQ(schedule.take_given_up(), (std::vector<Schedule::Sequence>{1, 2}));
  EXPECT_TRUE(schedule.take_given_up().empty());
  EXPECT_EQ(schedule.counts(), (JobCounts{.failed = 1, .unfinished = 1}));
  EXPECT_EQ(schedule.next(zero, {}).next, Next::finished);
}

TEST(Schedule, fewer_slots_end_no_job_and_more_slots_count_at_once) {
  Schedule schedule({.slots = 3});
  Schedule::Sequence last = 0;
  start_all(schedule, last, zero);
  schedule.set_slots(1);
  schedule.ended(1, Ending::success, zero);
  EXPECT_TRUE(start_all(schedule, last, zero).empty());
  schedule.set_slots(4);
  EXPECT_EQ(start_all(schedule, last, zero), (std::vector<unsigned>{1, 4}));
}

}  // namespace
}  // namespace tend::jobs
