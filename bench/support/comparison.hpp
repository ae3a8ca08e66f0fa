#pragma once
// A comparison: the same request to several contenders (contender.hpp) in turns, told as ratios to
// the first of them, the floor. The order is reversed each round, and the middle ratio of all
// rounds counts, so that what else the machine does hits all alike.

#include <cstddef>
#include <string>
#include <vector>

namespace tend::bench {

struct ContenderProgram {
  std::string name{};
  std::vector<std::string> command{};
};

struct Comparison {
  std::string title{};
  std::vector<std::string> setup{};  ///< Requests to each contender before the first round.
  std::string request{};
  int count = 1;  ///< What the request does so many times; times are told for one.
  int rounds = 15;
  double target = 0;               ///< The ratio that tend promises not to exceed; 0: none.
  std::vector<std::string> who{};  ///< Names; empty: everybody.
  std::size_t bytes_each = 0;      ///< Memory that each contender holds.
};

struct Figure {
  std::string name{};
  double wall_us = 0;
  double wall_ratio = 0;
  double cpu_ratio = 0;
};

struct ComparisonResult {
  Comparison comparison{};
  std::vector<Figure> figures{};  ///< The floor first; without those who cannot do it.
  std::string skipped{};          ///< Why there are none.

  [[nodiscard]] const Figure* figure_of(const std::string& name) const;
  [[nodiscard]] bool is_met() const;
};

ComparisonResult compare(const Comparison& comparison,
                         const std::vector<ContenderProgram>& contenders);

}  // namespace tend::bench
