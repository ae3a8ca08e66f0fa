// The real director on a machine that exists in memory: anything may happen, in any order, and any
// call may fail. docs/reliability.md says what is looked at.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "base/number.hpp"
#include "service/world/campaign.hpp"

namespace tend::service::world {

namespace {

TEST(world, whatever_happens_in_any_order_nothing_happens_that_must_not) {
  if (const char* seed = std::getenv("TEND_WORLD_SEED")) {
    std::cout << story_of(parse_integer<std::uint64_t>(seed).value());
  }
  EXPECT_EQ(play({.first = 1, .count = 3'000}), "");
}

TEST(world, a_seed_replays_exactly) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string story = story_of(seed);
    EXPECT_FALSE(story.empty());
    EXPECT_EQ(story, story_of(seed)) << "seed " << seed;
  }
}

}  // namespace

}  // namespace tend::service::world
