#include "process/stop_ladder.hpp"

#include <utility>

namespace tend::process {

namespace {

constexpr int signal_kill = 9;
constexpr std::chrono::seconds kill_wait{1};

}  // namespace

LadderWalk::LadderWalk(StopLadder ladder) : ladder_(std::move(ladder)) {
  if (ladder_.rungs.empty() || ladder_.rungs.back().signal != signal_kill) {
    ladder_.rungs.push_back({.signal = signal_kill, .wait = kill_wait});
  }
}

std::optional<int> LadderWalk::signal_due(Instant now) {
  if (rung_ == ladder_.rungs.size() || now < next_) {
    return std::nullopt;
  }
  const StopRung& rung = ladder_.rungs[rung_];
  ++rung_;
  next_ = now + rung.wait;
  return rung.signal;
}

}  // namespace tend::process
