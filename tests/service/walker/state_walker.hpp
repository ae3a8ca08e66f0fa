#pragma once
// Plays every sequence of moves of a fake world against the life of one service, each position
// once, and checks after each move what must always hold. At every step the director may be killed
// between storing the state and each of the actions. Breadth first, so that the sequence that led
// to a mistake is a shortest one.

#include <array>
#include <cstddef>
#include <string>

#include "service/walker/fake_director.hpp"

namespace tend::service::test {

struct Walked {
  std::string mistake{};      ///< What is wrong, and the moves that led there; empty if nothing is.
  std::size_t positions = 0;  ///< Different ones.
  std::size_t depth = 0;      ///< Moves of the longest sequence.
  bool is_complete = false;   ///< There are no other positions, at whatever depth.
  std::array<bool, phase_count> phases{};  ///< Those that were reached.
};

[[nodiscard]] Walked walk(const Machine& machine, const Policy& policy, std::size_t positions_max);

}  // namespace tend::service::test
