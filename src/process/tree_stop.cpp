#include "process/tree_stop.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/try.hpp"

namespace tend::process {

namespace {

constexpr int signal_kill = 9;
constexpr std::chrono::milliseconds look_again{5};

}  // namespace

Result<bool> TreeStop::step(ProcessTree& tree, os::Instant now) {
  if (TEND_TRY(tree.is_gone())) {
    return true;
  }
  if (const auto number = walk_.signal_due(now)) {
    last_signal_ = *number;
    TEND_TRY(tree.signal(last_signal_));
  } else if (walk_.is_over(now)) {
    return std::unexpected(Error{.step = "kill",
                                 .subject = subject_,
                                 .code = ETIMEDOUT,
                                 .detail = "a process of its tree does not end"});
  } else if (last_signal_ == signal_kill) {
    TEND_TRY(tree.signal(last_signal_));  // Who was born between the look and the signal.
  }
  return false;
}

os::Instant TreeStop::next(os::Instant now) const {
  return std::min(walk_.next(), now + look_again);
}

Result<> stop_all(std::span<ProcessTree> trees, const StopLadder& ladder,
                  const std::string& subject) {
  std::vector<TreeStop> stops(trees.size(), TreeStop(ladder, subject));
  while (true) {
    const os::Instant now = os::monotonic_now();
    std::optional<std::size_t> living;
    for (std::size_t index = 0; index < trees.size(); ++index) {
      if (!TEND_TRY(stops[index].step(trees[index], now))) {
        living = living.value_or(index);
      }
    }
    if (!living) {
      return {};
    }
    // The others are looked at as soon as this one is gone, or after a short while.
    static_cast<void>(TEND_TRY(trees[*living].wait_gone(stops[*living].next(now))));
  }
}

}  // namespace tend::process
