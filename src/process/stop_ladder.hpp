#pragma once
// The walk down a stop ladder: which signal to send when. Pure: time comes in as a value.

#include <tend/deadline.hpp>

#include <chrono>
#include <optional>

namespace tend::process {

class LadderWalk {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// A ladder whose last rung is not SIGKILL gets one more.
  explicit LadderWalk(StopLadder ladder);

  /// The signal that is due now, once for each rung; nothing when it is still time to wait.
  [[nodiscard]] std::optional<int> signal_due(Instant now);

  /// When to ask again: the end of the present rung's wait.
  [[nodiscard]] Instant next() const { return next_; }

  /// All rungs are used up and the wait of the last one is over: what still lives hangs in the
  /// kernel.
  [[nodiscard]] bool is_over(Instant now) const {
    return rung_ == ladder_.rungs.size() && now >= next_;
  }

 private:
  StopLadder ladder_;
  std::size_t rung_ = 0;
  Instant next_{};
};

}  // namespace tend::process
