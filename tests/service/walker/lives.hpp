#pragma once
// The policies that the walker plays: all kinds of life, with numbers so small that a few seconds
// of the fake clock reach every limit.

#include <chrono>
#include <csignal>
#include <span>
#include <vector>

#include "service/walker/fake_world.hpp"

namespace tend::service::test {

using Ladder = std::vector<StopStage>;

inline const std::vector<Ladder>& ladders() {
  using std::chrono::seconds;
  static const std::vector<Ladder> all = {
      {{SIGKILL, seconds(1)}},
      {{SIGTERM, seconds(2)}},
      {{SIGTERM, seconds(2)}, {SIGKILL, seconds(1)}},
      {{SIGINT, seconds(1)}, {SIGTERM, seconds(2)}, {SIGKILL, seconds(1)}},
  };
  return all;
}

inline Policy small_policy(Kind kind, RestartWhen when, bool has_readiness,
                           std::span<const StopStage> ladder) {
  using std::chrono::seconds;
  return {.kind = kind,
          .has_readiness = has_readiness,
          .ready_timeout_ns = 2 * second,
          .restart = {.when = when,
                      .delay = seconds(1),
                      .factor = 2.0,
                      .jitter = 0.0,
                      .max_delay = seconds(2),
                      .reset_after = seconds(2),
                      .limit = 1,
                      .limit_window = seconds(2),
                      .cool_down = seconds(1)},
          .stop = ladder};
}

}  // namespace tend::service::test
