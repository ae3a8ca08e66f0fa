#include "process/tree_stop.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

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

Result<> TreeStop::to_end(ProcessTree& tree) {
  while (!TEND_TRY(step(tree, os::monotonic_now()))) {
    static_cast<void>(TEND_TRY(tree.wait_gone(next(os::monotonic_now()))));
  }
  return {};
}

}  // namespace tend::process
