#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <tuple>

#include "service/walker/lives.hpp"
#include "service/walker/state_walker.hpp"

namespace tend::service::test {

namespace {

// The largest life has 47,000 positions; many more would mean that something counts up for ever.
constexpr std::size_t positions_max = 200'000;

using Life = std::tuple<Kind, RestartWhen, bool, Ladder>;

class EveryLife : public testing::TestWithParam<Life> {};

TEST_P(EveryLife, keeps_what_must_hold_in_every_position) {
  const auto& [kind, when, has_readiness, ladder] = GetParam();
  const Walked walked = walk({}, small_policy(kind, when, has_readiness, ladder), positions_max);
  ASSERT_EQ(walked.mistake, "");
  EXPECT_TRUE(walked.is_complete);

  const auto is_reached = [&](Phase phase) {
    return walked.phases[static_cast<std::size_t>(phase)];
  };
  for (const Phase phase : {Phase::stopped, Phase::waiting, Phase::starting, Phase::up,
                            Phase::reloading, Phase::stopping}) {
    EXPECT_TRUE(is_reached(phase)) << word(phase);
  }
  const bool is_restarted = when != RestartWhen::never;
  EXPECT_EQ(is_reached(Phase::backoff), is_restarted);
  EXPECT_EQ(is_reached(Phase::cooling_down), is_restarted);
  EXPECT_EQ(is_reached(Phase::failed), !is_restarted);
  EXPECT_EQ(is_reached(Phase::done), kind == Kind::task);
}

std::string ladder_name(const Ladder& ladder) {
  std::string name;
  for (const StopStage& stage : ladder) {
    name += stage.signal == SIGKILL ? "_KILL" : stage.signal == SIGTERM ? "_TERM" : "_INT";
  }
  return name;
}

std::string life_name(const testing::TestParamInfo<Life>& info) {
  constexpr const char* when_words[] = {"always", "failure", "never"};
  const auto& [kind, when, has_readiness, ladder] = info.param;
  return std::string(kind == Kind::task ? "task" : "service") + "_restarted_" +
         when_words[static_cast<std::size_t>(when)] + (has_readiness ? "_ready" : "") +
         ladder_name(ladder);
}

INSTANTIATE_TEST_SUITE_P(walker, EveryLife,
                         testing::Combine(testing::Values(Kind::service, Kind::task),
                                          testing::Values(RestartWhen::always, RestartWhen::failure,
                                                          RestartWhen::never),
                                          testing::Bool(), testing::ValuesIn(ladders())),
                         life_name);

TEST(walker, restarts_at_once_keep_what_must_hold) {
  Policy policy = small_policy(Kind::service, RestartWhen::always, true, ladders()[2]);
  policy.restart.delay = std::chrono::seconds(0);
  const Walked walked = walk({}, policy, positions_max);
  EXPECT_EQ(walked.mistake, "");
  EXPECT_TRUE(walked.is_complete);
}

TEST(walker, an_empty_ladder_kills) {
  const Walked walked =
      walk({}, small_policy(Kind::service, RestartWhen::failure, false, {}), positions_max);
  EXPECT_EQ(walked.mistake, "");
  EXPECT_TRUE(walked.is_complete);
}

}  // namespace

}  // namespace tend::service::test
