// The same tests once more under seccomp filters that refuse what spawning would like to use. This
// binary runs itself; without threads, which glibc cannot make when clone3 is answered with EPERM.

#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "os/files.hpp"
#include "os/spawn_means.hpp"
#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

// Each level-1 case that needs no thread and no privilege (the filter comes with no_new_privs).
constexpr const char* single_threaded_cases =
    "spawn/SpawnErrors.*/level_1:spawn/Attributes.*/level_1:spawn/Descriptors.*/level_1:"
    "spawn/Signals.*/level_1:Capture.*:KillTree.*:Stop.*:Means.*"
    "-*thread*:*reader*:*no_new_privileges*:*grandchild_that_keeps_the_pipe*:*thousand*:*storm*:*"
    "megabytes*";

/// Those that go further than a process group.
constexpr const char* cases_that_hold_strangers = ":KillTree.reaches_children_and_grandchildren";

void run_suite_denied(const std::string& calls, int code) {
  const bool can_hold = !calls.contains("pidfd_open");
  const auto output =
      Command(program("deny"))
          .args({calls, std::to_string(code), os::read_link("/proc/self/exe").value()})
          .arg(std::string("--gtest_filter=") + single_threaded_cases +
               (can_hold ? "" : cases_that_hold_strangers))
          .env("TEND_TEST_NO_THREADS", "1")
          .env("TEND_TEST_DENIED", calls)
          .env("TEND_TEST_WATCHDOG_S", "0")
          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_TRUE(output->status.success()) << output->out << output->err;
}

bool is_denied(std::string_view call) {
  const char* denied = std::getenv("TEND_TEST_DENIED");
  return denied != nullptr &&
         ("," + std::string(denied) + ",").contains("," + std::string(call) + ",");
}

TEST(Means, are_found_by_trying) {
  const char* forced = std::getenv("TEND_SPAWN_LEVEL");
  const std::string before = forced == nullptr ? "" : forced;
  ::unsetenv("TEND_SPAWN_LEVEL");
  os::forget_spawn_means();
  const os::SpawnMeans means = os::spawn_means().value();
  EXPECT_EQ(means.has_clone3, !is_denied("clone3"));
  EXPECT_TRUE(means.shares_memory);
  EXPECT_TRUE(means.suspends_parent);
  EXPECT_EQ(means.has_pidfd, !is_denied("clone_pidfd"));
  EXPECT_EQ(means.signals_by_pidfd, !is_denied("pidfd_send_signal"));
  EXPECT_EQ(means.makes_own_table, !is_denied("close_range"));
  if (!before.empty()) {
    ::setenv("TEND_SPAWN_LEVEL", before.c_str(), 1);
  }
  os::forget_spawn_means();
}

TEST(Means, tree_without_pidfds_is_reached_by_its_group_or_not_at_all) {
  const bool can_hold = !is_denied("pidfd_open");
  // Who cannot be reached ends with its input.
  const Command tree =
      Command::shell("exec 3<&0; cat <&3 & echo; wait").in(Stdio::pipe()).out(Stdio::pipe());
  const auto kill_all = [](const Command& command) {
    auto child = command.spawn();
    EXPECT_TRUE(child.has_value());
    char byte = 0;
    EXPECT_EQ(::read(child->out().get(), &byte, 1), 1);
    auto killed = child->kill_tree();
    EXPECT_EQ(child->wait().value(), ExitStatus::killed(SIGKILL));
    return killed;
  };
  EXPECT_EQ(kill_all(Command(tree).new_group()).value(), TreeMeans::group);
  const auto killed = kill_all(tree);
  EXPECT_EQ(killed.has_value(), can_hold);
  if (!killed) {
    EXPECT_THAT(killed.error().code, testing::AnyOf(ENOSYS, EPERM));
  }
}

TEST(Sandbox, clone3_that_is_not_implemented) { run_suite_denied("clone3", ENOSYS); }

TEST(Sandbox, clone3_that_is_not_permitted) { run_suite_denied("clone3", EPERM); }

TEST(Sandbox, clone3_and_signals_by_pidfd_that_are_not_permitted) {
  run_suite_denied("clone3,pidfd_open,pidfd_send_signal,close_range", EPERM);
}

TEST(Sandbox, no_pidfds_at_all) {
  run_suite_denied("clone3,clone_pidfd,pidfd_open,pidfd_send_signal", ENOSYS);
}

TEST(Sandbox, close_range_that_is_not_permitted) { run_suite_denied("close_range", EPERM); }

TEST(Sandbox, own_memory_that_cannot_be_read_through_the_kernel) {
  run_suite_denied("process_vm_readv", EPERM);
}

}  // namespace
}  // namespace tend::test
