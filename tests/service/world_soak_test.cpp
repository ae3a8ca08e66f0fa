// As world_test.cpp, from seeds that nobody has seen before.

#include <gtest/gtest.h>

#include <cstdint>

#include "os/machine.hpp"
#include "service/world/campaign.hpp"

namespace tend::service::world {

namespace {

TEST(world, many_more_schedules_from_fresh_seeds) {
  constexpr std::uint64_t count = 300'000;
  EXPECT_EQ(play({.first = os::random_bits() >> 20U, .count = count}), "");
}

}  // namespace

}  // namespace tend::service::world
