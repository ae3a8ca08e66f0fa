#include "service/keeper/hang_watch.hpp"

#include <gtest/gtest.h>

namespace tend::service::keeper {

namespace {

constexpr std::uint64_t second = 1'000'000'000;

TEST(HangWatch, without_reports_nobody_is_hung_and_nothing_is_waited_for) {
  HangWatch watch;
  for (std::uint64_t now = 1; now < 100; ++now) {
    EXPECT_EQ(watch.look({.now_ns = now * second}), HangVerdict::fine);
    EXPECT_EQ(watch.deadline_ns(), 0U);
  }
}

TEST(HangWatch, a_report_unacknowledged_for_ten_seconds_is_a_hang) {
  HangWatch watch;
  EXPECT_EQ(watch.look({.now_ns = 5 * second, .has_work = true}), HangVerdict::fine);
  EXPECT_EQ(watch.deadline_ns(), 15 * second);
  EXPECT_EQ(watch.look({.now_ns = 15 * second - 1, .has_work = true}), HangVerdict::fine);
  EXPECT_EQ(watch.look({.now_ns = 15 * second, .has_work = true}), HangVerdict::hung);
  EXPECT_EQ(watch.deadline_ns(), 25 * second) << "and it is given time to end";
}

TEST(HangWatch, who_acknowledges_slowly_is_not_hung) {
  HangWatch watch;
  for (std::uint64_t step = 1; step < 20; ++step) {
    EXPECT_EQ(watch.look({.now_ns = step * 9 * second, .has_work = true, .progress = step}),
              HangVerdict::fine);
  }
}

TEST(HangWatch, a_stopped_director_is_left_alone_and_has_a_whole_period_afterwards) {
  HangWatch watch;
  for (std::uint64_t now = 1; now < 60; ++now) {
    EXPECT_EQ(watch.look({.now_ns = now * second, .has_work = true, .is_stopped = true}),
              HangVerdict::fine);
  }
  const std::uint64_t due = watch.deadline_ns();
  EXPECT_GT(due, 60 * second - second);
  EXPECT_EQ(watch.look({.now_ns = due - 1, .has_work = true}), HangVerdict::fine);
  EXPECT_EQ(watch.look({.now_ns = due, .has_work = true}), HangVerdict::hung);
}

TEST(HangWatch, nobody_is_blamed_for_a_time_in_which_the_keeper_did_not_run_either) {
  HangWatch watch;
  EXPECT_EQ(watch.look({.now_ns = second, .has_work = true}), HangVerdict::fine);
  EXPECT_EQ(watch.look({.now_ns = 1000 * second, .has_work = true}), HangVerdict::fine);
  EXPECT_EQ(watch.look({.now_ns = 1010 * second, .has_work = true}), HangVerdict::hung);
}

}  // namespace

}  // namespace tend::service::keeper
