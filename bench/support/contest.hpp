#pragma once
// A contest: several ways to do the same, measured in turns on one processor and told as ratios to
// the first of them. The order is reversed each round, and the middle ratio of all rounds counts,
// so that what else the machine does hits all alike.

#include <functional>
#include <string>
#include <vector>

namespace tend::bench {

struct Contender {
  std::string name{};
  std::function<void()> once{};
  double target = 0;  ///< The ratio that we promise not to exceed; 0: none.
};

struct Contest {
  std::string name{};
  std::vector<Contender> contenders{};  ///< The first is the floor that the others are measured by.
  int rounds = 101;
  int repetitions = 20;  ///< Of `once` per round.
};

/// Stays on one processor, and asks for priority where that is allowed. An unpinned spawn has two
/// speeds, depending on where the child wakes up.
void pin_to_one_processor();

/// Runs it and prints one line per contender. False when a target was missed.
bool run(const Contest& contest);

}  // namespace tend::bench
