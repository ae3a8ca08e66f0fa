// The keeper's reaping, with real children of this process as leaders, helpers and orphans.

#include "service/keeper/reaper.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/spawn.hpp"
#include "service/state_file.hpp"
#include "support/temp_dir.hpp"

namespace tend::service::keeper {

namespace {

constexpr int no_helpers[] = {0};

class ReaperTest : public testing::Test {
 protected:
  void SetUp() override {
    ProjectSpec project{.name = "demo"};
    project.services = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
    const auto directory = os::open_directory(temp_.path());
    ASSERT_TRUE(directory);
    auto made = StateFile::create_at(*directory, "state", project, {});
    ASSERT_TRUE(made) << made.error().message();
    state_ = std::make_unique<StateFile>(*std::move(made));
    const auto bytes = state_->bytes();
    ASSERT_EQ(look_into(bytes.data(), bytes.size(), view_), StateFault::none);
  }

  /// A child that has ended with `code` and is not reaped.
  static std::int32_t ended_child(int code) {
    const auto child = os::spawn({.program = "/bin/sh",
                                  .arguments = {"sh", "-c", "exit " + std::to_string(code)},
                                  .descriptors = {{0, 0}, {1, 1}, {2, 2}}});
    EXPECT_TRUE(child) << child.error().message();
    EXPECT_TRUE(os::wait_for_exit(child->pidfd, std::nullopt).value());
    return child->pid;
  }

  std::int32_t ended_leader(std::uint32_t index, std::uint32_t run, int code) {
    const std::int32_t pid = ended_child(code);
    view_.slots[index] = {.pid = pid, .run = run};
    return pid;
  }

  static bool is_zombie(std::int32_t pid) {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
  }

  test::TempDir temp_;
  std::unique_ptr<StateFile> state_;
  StateView view_;
};

TEST_F(ReaperTest, a_leader_is_reported_and_stays_until_its_end_is_acknowledged) {
  const std::int32_t pid = ended_leader(1, 5, 3);
  EXPECT_TRUE(reap(view_, no_helpers).has_reported);
  EXPECT_EQ(view_.reports[1].run, 5U);
  EXPECT_EQ(view_.reports[1].code, CLD_EXITED);
  EXPECT_EQ(view_.reports[1].status, 3);
  EXPECT_TRUE(is_zombie(pid)) << "neither pid nor process group may be reused yet";

  EXPECT_FALSE(reap(view_, no_helpers).has_reported) << "one end, one report";
  state_->set_acknowledged(1, 5);
  EXPECT_FALSE(reap(view_, no_helpers).has_reported);
  EXPECT_FALSE(is_zombie(pid));
}

TEST_F(ReaperTest, an_unacknowledged_leader_hides_no_other_leader) {
  const std::int32_t first = ended_leader(0, 1, 1);
  const std::int32_t second = ended_leader(1, 2, 2);
  const std::int32_t third = ended_leader(2, 3, 3);
  EXPECT_TRUE(reap(view_, no_helpers).has_reported);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(view_.reports[i].run, i + 1);
    EXPECT_EQ(view_.reports[i].status, static_cast<int>(i) + 1);
    state_->set_acknowledged(i, i + 1);
  }
  static_cast<void>(reap(view_, no_helpers));
  EXPECT_FALSE(is_zombie(first) || is_zombie(second) || is_zombie(third));
}

TEST_F(ReaperTest, a_death_by_signal_is_reported_as_one) {
  const auto child = os::spawn({.program = "/bin/sleep",
                                .arguments = {"sleep", "1000"},
                                .descriptors = {{0, 0}, {1, 1}, {2, 2}}});
  ASSERT_TRUE(child);
  view_.slots[2] = {.pid = child->pid, .run = 9};
  ASSERT_TRUE(os::send_signal(child->pidfd, SIGKILL));
  ASSERT_TRUE(os::wait_for_exit(child->pidfd, std::nullopt).value());
  state_->set_acknowledged(2, 9);
  EXPECT_TRUE(reap(view_, no_helpers).has_reported);
  EXPECT_EQ(view_.reports[2].code, CLD_KILLED);
  EXPECT_EQ(view_.reports[2].status, SIGKILL);
}

TEST_F(ReaperTest, an_orphan_is_reaped_and_counted) {
  const std::int32_t pid = ended_child(0);
  EXPECT_FALSE(reap(view_, no_helpers).has_reported);
  EXPECT_FALSE(is_zombie(pid));
  EXPECT_EQ(view_.header->keeper.orphans_reaped, 1U);
}

TEST_F(ReaperTest, an_orphan_with_the_pid_of_an_earlier_run_is_no_leader) {
  const std::int32_t pid = ended_leader(0, 4, 0);
  view_.reports[0].run = 4;
  state_->set_acknowledged(0, 4);
  const Reaped reaped = reap(view_, no_helpers);
  EXPECT_FALSE(reaped.has_reported);
  EXPECT_FALSE(is_zombie(pid));
}

TEST_F(ReaperTest, an_end_is_never_reported_for_the_run_that_follows) {
  // The director has acknowledged run 4 and is on its way to run 5: pid cleared, run set.
  const std::int32_t pid = ended_leader(0, 4, 1);
  view_.reports[0].run = 4;
  state_->set_acknowledged(0, 4);
  view_.slots[0] = {.pid = 0, .run = 5};
  EXPECT_FALSE(reap(view_, no_helpers).has_reported);
  EXPECT_EQ(view_.reports[0].run, 4U);
  EXPECT_FALSE(is_zombie(pid));
}

TEST_F(ReaperTest, the_last_leader_is_buried_before_the_next_run_begins) {
  const std::int32_t acknowledged = ended_leader(0, 4, 1);
  const std::int32_t unacknowledged = ended_leader(1, 5, 1);
  state_->set_acknowledged(0, 4);
  static_cast<void>(bury_acknowledged(view_, 0, no_helpers));
  EXPECT_TRUE(bury_acknowledged(view_, 1, no_helpers)) << "the director has to be told of this end";
  EXPECT_FALSE(bury_acknowledged(view_, 1, no_helpers)) << "once";
  EXPECT_FALSE(bury_acknowledged(view_, 99, no_helpers));
  EXPECT_EQ(view_.reports[0].run, 4U) << "its end was not told yet, but is known";
  EXPECT_FALSE(is_zombie(acknowledged));
  EXPECT_TRUE(is_zombie(unacknowledged));
  EXPECT_EQ(view_.header->keeper.orphans_reaped, 0U);
  state_->set_acknowledged(1, 5);
  EXPECT_FALSE(bury_acknowledged(view_, 1, no_helpers));
  EXPECT_FALSE(is_zombie(unacknowledged));
}

TEST_F(ReaperTest, a_leader_with_the_pid_of_a_finished_run_of_another_service_is_reported) {
  const std::int32_t pid = ended_leader(1, 8, 6);
  view_.slots[0] = {.pid = pid, .run = 4};  // Buried long ago; nobody clears its slot.
  view_.reports[0].run = 4;
  state_->set_acknowledged(0, 4);
  EXPECT_TRUE(reap(view_, no_helpers).has_reported);
  EXPECT_EQ(view_.reports[1].run, 8U);
  EXPECT_EQ(view_.reports[1].status, 6);
  EXPECT_TRUE(is_zombie(pid)) << "its end is not acknowledged";

  EXPECT_FALSE(bury_acknowledged(view_, 0, no_helpers));
  EXPECT_TRUE(is_zombie(pid)) << "the first service starts anew, and buries nobody else's leader";
  state_->set_acknowledged(1, 8);
  EXPECT_FALSE(reap(view_, no_helpers).has_reported);
  EXPECT_FALSE(is_zombie(pid));
}

TEST_F(ReaperTest, a_helper_with_the_pid_of_a_finished_run_is_not_buried_in_passing) {
  const std::int32_t helper = ended_leader(0, 4, 0);
  view_.reports[0].run = 4;
  state_->set_acknowledged(0, 4);
  const int helpers[] = {helper, 0};
  EXPECT_FALSE(bury_acknowledged(view_, 0, helpers));
  EXPECT_TRUE(is_zombie(helper));
  EXPECT_EQ(reap(view_, helpers).helper_ends_count, 1);
}

TEST_F(ReaperTest, a_helper_is_told_apart_from_everybody_else) {
  const std::int32_t helper = ended_child(7);
  const int helpers[] = {helper, 0};
  const Reaped reaped = reap(view_, helpers);
  ASSERT_EQ(reaped.helper_ends_count, 1);
  EXPECT_EQ(reaped.helper_ends[0].pid, helper);
  EXPECT_EQ(reaped.helper_ends[0].status, 7);
  EXPECT_EQ(view_.header->keeper.orphans_reaped, 0U);
  EXPECT_FALSE(is_zombie(helper));
}

TEST_F(ReaperTest, a_dead_helper_behind_an_unacknowledged_leader_is_seen) {
  const std::int32_t leader = ended_leader(0, 1, 0);
  const std::int32_t helper = ended_child(9);
  const int helpers[] = {helper, 0};
  const Reaped reaped = reap(view_, helpers);
  ASSERT_EQ(reaped.helper_ends_count, 1) << "nobody else could acknowledge the leader's end";
  EXPECT_EQ(reaped.helper_ends[0].status, 9);
  EXPECT_FALSE(is_zombie(helper));
  EXPECT_TRUE(is_zombie(leader));
  state_->set_acknowledged(0, 1);
  static_cast<void>(reap(view_, no_helpers));
}

TEST_F(ReaperTest, many_orphans_are_reaped_in_bounded_turns) {
  constexpr int orphans = 300;
  for (int i = 0; i < orphans; ++i) {
    static_cast<void>(ended_child(0));
  }
  int turns = 1;
  while (reap(view_, no_helpers).has_more) {
    ++turns;
  }
  EXPECT_EQ(turns, 2);
  EXPECT_EQ(view_.header->keeper.orphans_reaped, static_cast<std::uint32_t>(orphans));
}

}  // namespace

}  // namespace tend::service::keeper
