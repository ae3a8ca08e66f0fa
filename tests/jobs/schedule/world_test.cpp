// Schedule and OutputOrder in a simulated world: random jobs, failures, lost workers, starts that
// the kernel refuses, changed slots, halts and interruptions; whatever happens, what the user was
// promised holds. Each failure names the seed of its world.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "jobs/output/output_order.hpp"
#include "jobs/schedule/schedule.hpp"

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;
using Instant = Schedule::Instant;
using Sequence = Schedule::Sequence;
using Ending = Schedule::Ending;

class World {
 public:
  explicit World(std::uint32_t seed)
      : random_(seed), policy_(random_policy()), schedule_(policy_), order_(random_mode()) {}

  /// Plays until the schedule says that all is over.
  void play() {
    for (int turn = 0; turn < turns_max; ++turn) {
      meddle();
      after_event();
      const Room room{.capacity = capacity_, .is_open = !chance(20)};
      const Schedule::Step step = schedule_.next(now_, room);
      switch (step.next) {
        case Schedule::Next::pull: pull(); break;
        case Schedule::Next::start: start(); break;
        case Schedule::Next::finished: return check_end();
        case Schedule::Next::wait: wait(step); break;
      }
      after_event();
    }
    FAIL() << "it does not end";
  }

 private:
  struct Running {
    unsigned slot = 0;
    Instant end{};
  };

  static constexpr int turns_max = 200'000;

  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::uint32_t up_to(std::uint32_t most) {
    return static_cast<std::uint32_t>(random_() % (most + 1));
  }

  SchedulePolicy random_policy() {
    jobs_ = up_to(60);
    failing_percent_ = up_to(60);
    const auto when = static_cast<HaltPolicy::When>(up_to(2));
    return {.slots = 1 + up_to(5),
            .delay = chance(30) ? std::chrono::milliseconds(up_to(5)) : 0ms,
            .retries = {.attempts_max = 1 + up_to(3), .pause_first = 2ms, .pause_max = 10ms},
            .halt = {.when = when,
                     .what = static_cast<HaltPolicy::What>(up_to(2)),
                     .count = 1 + up_to(20),
                     .is_percent = chance(30)}};
  }
  OutputMode random_mode() { return static_cast<OutputMode>(up_to(3)); }

  /// What users and machines do at any moment.
  void meddle() {
    if (chance(2)) {
      schedule_.set_slots(1 + up_to(6));
    }
    if (chance(5)) {
      capacity_ = chance(50) ? std::optional<unsigned>(up_to(4)) : std::nullopt;
    }
    if (random_() % 1000 == 0) {
      schedule_.drain();
    }
  }

  void pull() {
    EXPECT_FALSE(schedule_.is_draining());
    if (last_pulled_ == jobs_) {
      schedule_.end_input();
      return;
    }
    EXPECT_LT(running_.size(), schedule_.slots()) << "pulled before it can start";
    schedule_.add(++last_pulled_);
    order_.begin(last_pulled_);
    over_[last_pulled_] = false;
  }

  void start() {
    EXPECT_FALSE(schedule_.is_draining()) << "a start after the halt";
    const Schedule::Start start = schedule_.start(now_);
    if (chance(5)) {
      schedule_.put_back(start.sequence, now_ + 1ms);
      return;
    }
    EXPECT_GE(now_, last_start_ + policy_.delay);
    last_start_ = now_;
    for (const auto& [sequence, other] : running_) {
      EXPECT_NE(other.slot, start.slot) << "one slot twice";
      EXPECT_NE(sequence, start.sequence) << "one job twice at a time";
    }
    EXPECT_EQ(start.attempt, ++attempts_[start.sequence]);
    EXPECT_LE(start.attempt, policy_.retries.attempts_max + losses_max);
    running_[start.sequence] = {.slot = start.slot,
                                .end = now_ + std::chrono::milliseconds(up_to(9))};
    EXPECT_LE(running_.size(), schedule_.slots()) << "more than there are slots";
    if (capacity_) {
      EXPECT_LE(running_.size(), *capacity_);
    }
  }

  void wait(const Schedule::Step& step) {
    if (running_.empty() && !step.at) {
      now_ += 1ms;  // A closed gate: it opens some time.
      return;
    }
    auto first = running_.begin();
    for (auto job = running_.begin(); job != running_.end(); ++job) {
      first = job->second.end < first->second.end ? job : first;
    }
    if (first == running_.end() || (step.at && *step.at < first->second.end)) {
      now_ = std::max(now_ + 1us, *step.at);
      return;
    }
    now_ = std::max(now_, first->second.end);
    end(first->first, chance(3)                  ? Ending::lost
                      : chance(failing_percent_) ? Ending::failure
                                                 : Ending::success);
  }

  void end(Sequence sequence, Ending ending) {
    running_.erase(sequence);
    const Schedule::Verdict verdict = schedule_.ended(sequence, ending, now_);
    if (ending == Ending::success || ending == Ending::stopped) {
      EXPECT_TRUE(verdict.is_last);
    }
    if (verdict.is_last) {
      job_over(sequence);
    }
  }

  void after_event() {
    for (const Sequence sequence : schedule_.take_given_up()) {
      job_over(sequence);
    }
    if (schedule_.wants_stop()) {
      while (!running_.empty()) {
        end(running_.begin()->first, Ending::stopped);
      }
    }
  }

  void job_over(Sequence sequence) {
    EXPECT_FALSE(over_[sequence]) << "over twice";
    over_[sequence] = true;
    for (const Sequence shown : order_.finish(sequence)) {
      EXPECT_TRUE(over_[shown]);
      EXPECT_TRUE(shown_.insert(shown).second) << "shown twice";
      if (order_.mode() == OutputMode::ordered) {
        EXPECT_GT(shown, last_shown_) << "out of order";
        last_shown_ = shown;
      }
    }
    // Whoever is first of all that are not over is live, so nobody waits for a silent one.
    if (order_.mode() == OutputMode::ordered && order_.front()) {
      EXPECT_FALSE(over_[*order_.front()]);
      EXPECT_TRUE(order_.is_live(*order_.front()));
      for (Sequence before = 1; before < *order_.front(); ++before) {
        EXPECT_TRUE(shown_.contains(before));
      }
    }
  }

  void check_end() {
    EXPECT_TRUE(running_.empty());
    EXPECT_EQ(schedule_.running_count(), 0U);
    EXPECT_EQ(shown_.size(), last_pulled_);
    const JobCounts& counts = schedule_.counts();
    EXPECT_EQ(counts.done() + counts.unfinished, last_pulled_);
    if (!schedule_.is_draining()) {
      EXPECT_EQ(last_pulled_, jobs_);
      EXPECT_FALSE(is_halt_reached(policy_.halt, counts));
    }
    if (schedule_.is_halted()) {
      EXPECT_NE(policy_.halt.when, HaltPolicy::When::never);
    }
  }

  std::mt19937 random_;
  Sequence jobs_ = 0;
  std::uint32_t failing_percent_ = 0;
  SchedulePolicy policy_;
  Schedule schedule_;
  OutputOrder order_;
  Instant now_{};
  Instant last_start_ = now_ - 1h;
  std::optional<unsigned> capacity_{};
  Sequence last_pulled_ = 0;
  Sequence last_shown_ = 0;
  std::map<Sequence, Running> running_{};
  std::map<Sequence, unsigned> attempts_{};
  std::map<Sequence, bool> over_{};
  std::set<Sequence> shown_{};
};

TEST(JobWorld, promises_hold_in_any_world) {
  for (std::uint32_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).play();
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace tend::jobs
