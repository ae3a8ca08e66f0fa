#pragma once
// A schedule: one project on one simulated machine, played from a seed. First anything may happen
// in any order; then the machine calms down, and what must have become true is looked at.

#include <cstdint>
#include <ostream>
#include <string>

#include "os/fd.hpp"

namespace tend::service::world {

struct Played {
  std::string mistake{};  ///< What must never happen and did; empty: nothing.
  std::uint64_t moves = 0;
  std::uint32_t runs = 0;             ///< Runs of services that were begun.
  std::uint32_t director_deaths = 0;  ///< Wherever it was.
  std::uint32_t keeper_deaths = 0;
  std::uint32_t failed_calls = 0;
  std::uint32_t orders = 0;
};

/// `folder`: where the state file may lie; a memory file system is much faster.
/// With a stream the story is told.
[[nodiscard]] Played play(std::uint64_t seed, const os::Fd& folder, std::ostream* story = nullptr);

}  // namespace tend::service::world
