#include "service/world/campaign.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <sstream>

#include "service/world/memory_folder.hpp"
#include "service/world/schedule.hpp"

namespace tend::service::world {

namespace {

void add(Played& all, const Played& one) {
  all.moves += one.moves;
  all.runs += one.runs;
  all.director_deaths += one.director_deaths;
  all.keeper_deaths += one.keeper_deaths;
  all.failed_calls += one.failed_calls;
  all.orders += one.orders;
}

/// An exception is a mistake like any other: it has a seed.
Played play_or_tell(std::uint64_t seed, const os::Fd& folder, std::ostream* story = nullptr) {
  try {
    return play(seed, folder, story);
  } catch (const std::exception& error) {
    return {.mistake = std::string("exception: ") + error.what()};
  }
}

}  // namespace

std::string play(const Campaign& campaign) {
  using Clock = std::chrono::steady_clock;
  const MemoryFolder folder;
  const Clock::time_point begun = Clock::now();
  Played all;
  std::uint64_t seed = campaign.first;
  for (; seed < campaign.first + campaign.count && all.mistake.empty(); ++seed) {
    const Played played = play_or_tell(seed, folder.directory());
    add(all, played);
    if (!played.mistake.empty()) {
      all.mistake = played.mistake + "; replay it with TEND_WORLD_SEED=" + std::to_string(seed);
    }
  }
  const std::uint64_t count = seed - campaign.first;
  const std::chrono::duration<double> taken = Clock::now() - begun;
  std::cout << count << " schedules from seed " << campaign.first << " on, "
            << static_cast<std::uint64_t>(static_cast<double>(count) / taken.count())
            << " a second: " << all.moves << " moves, " << all.runs << " runs of services, "
            << all.orders << " requests, " << all.failed_calls << " failed calls, "
            << all.director_deaths << " deaths of the director, " << all.keeper_deaths
            << " of the keeper\n";
  return all.mistake;
}

std::string story_of(std::uint64_t seed) {
  const MemoryFolder folder;
  std::ostringstream story;
  const Played played = play_or_tell(seed, folder.directory(), &story);
  if (!played.mistake.empty()) {
    story << "MISTAKE: " << played.mistake << '\n';
  }
  return std::move(story).str();
}

}  // namespace tend::service::world
