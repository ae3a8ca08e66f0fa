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

/// A seed means another schedule once the world draws otherwise: those below are the newest ones.
TEST(world, schedules_that_found_a_mistake_find_none_any_more) {
  for (const std::uint64_t seed : {
           15'055'609'271'904U,  // Born in the moment of the SIGKILL, and never killed.
           15'805'871'175'277U,  // The same, with the pid of one that was killed before.
       }) {
    EXPECT_EQ(play({.first = seed, .count = 1}), "");
  }
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
