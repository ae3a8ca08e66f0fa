#pragma once
// Stopping a whole tree by a ladder of signals, step by step: for those who wait for other things
// meanwhile, and for those who do not.

#include <tend/deadline.hpp>
#include <tend/error.hpp>

#include <span>
#include <string>

#include "os/clock.hpp"
#include "process/stop_ladder.hpp"
#include "process/tree.hpp"

namespace tend::process {

class TreeStop {
 public:
  /// `subject` names the tree in errors.
  TreeStop(StopLadder ladder, std::string subject)
      : walk_(std::move(ladder)), subject_(std::move(subject)) {}

  /// Looks at the tree and sends what is due now; whether nobody of it lives any more. ETIMEDOUT:
  /// the ladder is over and somebody still lives.
  Result<bool> step(ProcessTree& tree, os::Instant now);

  /// When to step again at the latest: a tree cannot be watched as a whole.
  [[nodiscard]] os::Instant next(os::Instant now) const;

 private:
  LadderWalk walk_;
  std::string subject_;
  int last_signal_ = 0;
};

/// Stops several trees side by side, until nobody of any of them lives.
Result<> stop_all(std::span<ProcessTree> trees, const StopLadder& ladder,
                  const std::string& subject);

}  // namespace tend::process
