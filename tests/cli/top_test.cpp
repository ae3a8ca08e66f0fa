// The pure parts of `tend top`: keys, what they lead to, and what is painted.

#include <gtest/gtest.h>

#include "base/columns.hpp"
#include "cli/top/frame.hpp"
#include "cli/top/keys.hpp"
#include "cli/top/model.hpp"

namespace tend::cli {
namespace {

using Kind = TopWish::Kind;

Observation some() {
  Observation seen;
  seen.services.push_back({.project = "shop", .name = "web", .state = "up", .leader = 10});
  for (std::int32_t pid = 1; pid <= 50; ++pid) {
    seen.processes.push_back({.identity = {.pid = pid, .start_ticks = 7},
                              .name = pid % 2 == 0 ? "even" : "odd",
                              .command = "程序 with a long command line that fills the screen",
                              .user = "root",
                              .state = inspect::State::sleeping,
                              .cpu = pid / 100.0});
  }
  return seen;
}

TopStep press_all(TopState state, std::string_view bytes, const Observation& seen) {
  TopStep step{.state = std::move(state)};
  for (const Key& key : parse_keys(bytes)) {
    step = press(std::move(step.state), key, seen);
  }
  return step;
}

TEST(TopKeys, sequences_are_keys_and_unknown_ones_are_passed_over) {
  const auto keys = parse_keys("a\x1b[A\x1b[99~\x1bOB\x1b");
  ASSERT_EQ(keys.size(), 4U);
  EXPECT_EQ(keys[0], (Key{.text = "a"}));
  EXPECT_EQ(keys[1].kind, KeyKind::up);
  EXPECT_EQ(keys[2].kind, KeyKind::down);
  EXPECT_EQ(keys[3].kind, KeyKind::escape);
}

TEST(TopKeys, no_bytes_whatsoever_are_a_problem) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      EXPECT_LE(parse_keys(bytes).size(), 2U);
    }
  }
}

TEST(TopModel, nothing_is_done_before_yes) {
  const Observation seen = some();
  TopStep step = press_all({}, "x", seen);
  EXPECT_EQ(step.wish.kind, Kind::none);
  EXPECT_EQ(step.state.question.process.pid, 50);
  EXPECT_EQ(press_all(step.state, "n", seen).wish.kind, Kind::none);
  step = press_all(step.state, "y", seen);
  EXPECT_EQ(step.wish.kind, Kind::kill);
  EXPECT_EQ(step.wish.process, (inspect::Identity{.pid = 50, .start_ticks = 7}));
}

TEST(TopModel, the_selection_stays_with_its_process) {
  Observation seen = some();
  TopState state = press_all({}, "jj", seen).state;
  EXPECT_EQ(state.selected_process.pid, 48);
  for (TopProcess& process : seen.processes) {
    process.cpu = 1 - process.cpu;
  }
  EXPECT_EQ(press_all(state, "x", seen).state.question.process.pid, 48);
}

TEST(TopModel, a_filter_is_typed_kept_and_ended) {
  const Observation seen = some();
  TopState state = press_all({}, "/evenä\x7f\r", seen).state;
  EXPECT_EQ(state.filter, "even");
  EXPECT_EQ(visible_processes(state, seen).size(), 25U);
  EXPECT_TRUE(press_all(state, "\x1b", seen).state.filter.empty());
}

TEST(TopModel, services_have_deeds_of_their_own) {
  const Observation seen = some();
  EXPECT_EQ(press_all({}, "r", seen).state.message,
            "only services can be restarted; Tab goes to them");
  const TopStep step = press_all({}, "\try", seen);
  EXPECT_EQ(step.wish.kind, Kind::restart);
  EXPECT_EQ(step.wish.service, "shop/web");
}

Observation some_with_jobs() {
  Observation seen = some();
  seen.jobs.push_back({.job = {.run = 7, .sequence = 1}, .leader = 20});
  seen.jobs.push_back({.job = {.run = 7, .sequence = 2}, .leader = 30});
  return seen;
}

TEST(TopModel, tab_goes_down_the_lists_that_are_there_and_left_goes_up) {
  const Observation seen = some_with_jobs();
  const auto pane_after = [&](std::string_view keys, const Observation& of) {
    return press_all({}, keys, of).state.pane;
  };
  EXPECT_EQ(pane_after("\t", seen), TopPane::services);
  EXPECT_EQ(pane_after("\t\t", seen), TopPane::jobs);
  EXPECT_EQ(pane_after("\t\t\t", seen), TopPane::processes);
  EXPECT_EQ(pane_after("\x1b[D", seen), TopPane::jobs);
  EXPECT_EQ(pane_after("\x1b[D\x1b[D", seen), TopPane::services);
  EXPECT_EQ(pane_after("\t\t", some()), TopPane::processes);
  EXPECT_EQ(pane_after("\x1b[D", some()), TopPane::services);
  EXPECT_EQ(pane_after("\t", Observation{}), TopPane::processes);
}

TEST(TopModel, a_job_is_its_first_process_with_all_below_it) {
  const Observation seen = some_with_jobs();
  const TopStep step = press_all({}, "\t\tjsy", seen);
  EXPECT_EQ(step.wish, (TopWish{.kind = Kind::stop,
                                .process = {.pid = 31, .start_ticks = 7},
                                .is_job = true,
                                .title = "run 7 job 2"}));
  EXPECT_EQ(press_all({}, "\t\tr", seen).state.message,
            "only services can be restarted; Tab goes to them");
  EXPECT_EQ(press_all({}, "\t\tl", seen).state.mode, TopMode::list);
  EXPECT_EQ(press_all({}, "\t\t\r", seen).wish.process.pid, 21);
}

TEST(TopModel, a_job_that_has_ended_leaves_its_place_to_another) {
  Observation seen = some_with_jobs();
  const TopState state = press_all({}, "\t\tj", seen).state;
  seen.jobs.pop_back();
  EXPECT_EQ(press_all(state, "s", seen).state.question.title, "run 7 job 1");
  seen.jobs.clear();
  EXPECT_EQ(press_all(state, "s", seen).state.question.process.pid, 50);
}

TEST(TopFrame, fills_the_screen_exactly_and_is_never_wider) {
  for (const TopMode mode : {TopMode::list, TopMode::filter, TopMode::question, TopMode::page}) {
    const TopState state{.mode = mode, .filter = ""};
    for (const FrameSize size : {FrameSize{20, 6}, FrameSize{80, 24}, FrameSize{200, 70}}) {
      const auto lines = frame(state, some_with_jobs(),
                               {.clock = "12:00:00", .page = {"one", "two"}}, size, Painter(false));
      EXPECT_EQ(lines.size(), size.rows);
      for (const std::string& line : lines) {
        EXPECT_LE(text::display_columns(line), size.columns) << line;
      }
    }
  }
}

}  // namespace
}  // namespace tend::cli
