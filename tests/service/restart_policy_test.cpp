#include "service/director/restart_policy.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tend::service {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;

constexpr RestartPolicy steady{
    .first_at_once = false, .delay = 100ms, .factor = 2.0, .jitter = 0.0, .max_delay = 30s};

TEST(restart_delay, first_restart_waits_the_plain_delay) {
  EXPECT_EQ(restart_delay_ns(steady, 0, 0.3), 100 * ms);
}

TEST(restart_delay, without_a_delay_of_ones_own_the_first_comes_at_once_and_the_second_waits) {
  const RestartPolicy by_default{.jitter = 0.0};
  EXPECT_EQ(restart_delay_ns(by_default, 0, 0.9), 0);
  EXPECT_EQ(restart_delay_ns(by_default, 1, 0.9), 100 * ms);
  EXPECT_EQ(restart_delay_ns(by_default, 2, 0.9), 200 * ms);
  EXPECT_EQ(restart_delay_ns(by_default, 10, 0.9), 30 * second);
}

TEST(restart_delay, grows_by_the_factor_until_the_cap) {
  EXPECT_EQ(restart_delay_ns(steady, 1, 0.5), 200 * ms);
  EXPECT_EQ(restart_delay_ns(steady, 2, 0.5), 400 * ms);
  EXPECT_EQ(restart_delay_ns(steady, 8, 0.5), 25'600 * ms);
  EXPECT_EQ(restart_delay_ns(steady, 9, 0.5), 30 * second);
}

TEST(restart_delay, the_cap_holds_after_any_number_of_attempts) {
  EXPECT_EQ(restart_delay_ns(steady, 5000, 0.5), 30 * second);
  EXPECT_EQ(restart_delay_ns(steady, std::numeric_limits<std::uint32_t>::max(), 0.5), 30 * second);
}

TEST(restart_delay, jitter_spreads_to_both_sides_and_stays_inside_its_bounds) {
  RestartPolicy policy = steady;
  policy.jitter = 0.1;
  EXPECT_EQ(restart_delay_ns(policy, 0, 0.0), 90 * ms);
  EXPECT_EQ(restart_delay_ns(policy, 0, 0.5), 100 * ms);
  EXPECT_NEAR(static_cast<double>(restart_delay_ns(policy, 0, 0.999999)), 110.0 * ms, ms);
}

TEST(restart_delay, jitter_never_goes_above_the_cap) {
  RestartPolicy policy = steady;
  policy.jitter = 0.5;
  EXPECT_EQ(restart_delay_ns(policy, 20, 0.99), 30 * second);
  EXPECT_EQ(restart_delay_ns(policy, 20, 0.0), 15 * second);
}

TEST(restart_delay, a_delay_of_nothing_stays_nothing) {
  RestartPolicy policy = steady;
  policy.delay = 0ms;
  EXPECT_EQ(restart_delay_ns(policy, 0, 0.9), 0);
  EXPECT_EQ(restart_delay_ns(policy, 5000, 0.9), 0);
}

TEST(restart_delay, a_factor_of_one_keeps_the_delay) {
  RestartPolicy policy = steady;
  policy.factor = 1.0;
  EXPECT_EQ(restart_delay_ns(policy, 77, 0.5), 100 * ms);
}

TEST(recent_ends, those_that_left_the_window_are_forgotten) {
  RecentEnds ends = with_end({}, 1 * second, 60 * second);
  ends = with_end(ends, 30 * second, 60 * second);
  EXPECT_EQ(ends.count, 2U);
  ends = with_end(ends, 61 * second, 60 * second);
  EXPECT_EQ(ends.count, 2U);
  EXPECT_EQ(ends.at_ns[0], 30 * second);
  EXPECT_EQ(ends.at_ns[1], 61 * second);
}

TEST(recent_ends, more_than_the_limit_are_too_many) {
  const RestartPolicy policy{.limit = 2};
  RecentEnds ends;
  for (const std::int64_t at : {1, 2}) {
    ends = with_end(ends, at * second, 60 * second);
    EXPECT_FALSE(are_too_many(ends, policy));
  }
  EXPECT_TRUE(are_too_many(with_end(ends, 3 * second, 60 * second), policy));
}

TEST(recent_ends, a_limit_beyond_what_is_remembered_is_the_largest_possible) {
  const RestartPolicy policy{.limit = 1'000'000};
  RecentEnds ends;
  for (std::int64_t at = 1; at <= 63; ++at) {
    ends = with_end(ends, at, second);
  }
  EXPECT_FALSE(are_too_many(ends, policy));
  for (std::int64_t at = 64; at <= 200; ++at) {
    ends = with_end(ends, at, second);
    EXPECT_EQ(ends.count, ends_max);
    EXPECT_EQ(ends.at_ns.back(), at);
    EXPECT_TRUE(are_too_many(ends, policy));
  }
}

TEST(recent_ends, a_count_from_a_damaged_file_stays_inside_the_array) {
  RecentEnds damaged;
  damaged.count = 4'000'000'000U;
  EXPECT_LE(with_end(damaged, second, second).count, ends_max);
}

TEST(to_ns, a_duration_without_end_is_a_century) {
  EXPECT_EQ(to_ns(1500ms), 1500 * ms);
  EXPECT_EQ(to_ns(milliseconds::max()), to_ns(std::chrono::years(200)));
  EXPECT_GT(to_ns(milliseconds::max()), to_ns(std::chrono::years(99)));
}

}  // namespace

}  // namespace tend::service
