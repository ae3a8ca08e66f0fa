#pragma once
// A campaign: schedules from one seed on, until one finds a mistake, with what they were made of.

#include <cstdint>
#include <string>

namespace tend::service::world {

struct Campaign {
  std::uint64_t first = 1;
  std::uint64_t count = 1;
};

/// The mistake and how to replay it; empty: none. Tells on standard output what was played.
[[nodiscard]] std::string play(const Campaign& campaign);

/// The story of one schedule; its last line is the mistake, if there is one.
[[nodiscard]] std::string story_of(std::uint64_t seed);

}  // namespace tend::service::world
