#include "service/director/stop_budget.hpp"

#include <gtest/gtest.h>

namespace tend::service {

namespace {

using namespace std::chrono_literals;

TEST(stop_budget, is_what_the_file_says) {
  EXPECT_EQ(stop_budget(25s, false), 25s);
  EXPECT_EQ(stop_budget(25s, true), 25s);
}

TEST(stop_budget, where_nothing_is_said_pid_1_ends_before_its_container_is_killed) {
  EXPECT_EQ(stop_budget(0s, false), 0s);
  EXPECT_GT(stop_budget(0s, true), 5s);
  EXPECT_LT(stop_budget(0s, true), 10s);
}

TEST(stop_budget, counts_from_the_beginning_of_the_stop) {
  EXPECT_EQ(stop_deadline_ns(2s, 7), 2'000'000'007);
  EXPECT_EQ(stop_deadline_ns(0s, 7), 0);
}

}  // namespace

}  // namespace tend::service
