#pragma once
// One probe on a loop whose clock the tests move.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/director/probe.hpp"

namespace tend::service::test {

class ProbeTest : public testing::Test {
 protected:
  void start(const Readiness& readiness, os::Fd line = {}) {
    readiness_ = readiness;
    probe_.emplace(
        loop_, readiness_,
        ProbeSurroundings{.spec = spec_, .started = loop_.now(), .line = std::move(line)},
        [this] { ++ready_; });
  }

  void until(const std::function<bool()>& fact) {
    const os::Instant limit = os::monotonic_now() + std::chrono::seconds(20);
    while (!fact()) {
      ASSERT_LT(os::monotonic_now(), limit)
          << "last problem: " << (probe_ ? probe_->last_problem() : "");
      ASSERT_TRUE(loop_.run_once(std::chrono::milliseconds(5)));
    }
  }

  void until_problem(std::string_view problem) {
    until([&] { return probe_->last_problem() == problem; });
  }

  void settle() {
    while (loop_.run_once(std::chrono::milliseconds(0)).value_or(0) != 0) {
    }
  }

  void pass(std::chrono::nanoseconds time) {
    passed_ += time;
    settle();
  }

  /// Nothing is watched or timed any more.
  void expect_idle() {
    EXPECT_EQ(loop_.watch_count(), 0U);
    EXPECT_EQ(loop_.timer_count(), 0U);
  }

  std::chrono::nanoseconds passed_{0};
  os::EventLoop loop_ = *os::EventLoop::make([this] { return os::monotonic_now() + passed_; });
  ServiceSpec spec_{};
  Readiness readiness_{};
  std::optional<Probe> probe_{};
  int ready_ = 0;
};

}  // namespace tend::service::test
