// Waiting for one or all of several processes, ours and strangers.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/wait_any.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <set>
#include <vector>

#include "process/probe.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

Child reader() { return started(Command("/bin/cat").in(Stdio::pipe()).out(Stdio::null())); }

TEST(WaitAny, tells_the_one_that_has_ended) {
  Child first = reader();
  Child second = reader();
  const Child* both[] = {&first, &second};
  EXPECT_EQ(wait_any(both, 0s).value(), std::nullopt);
  second.in().reset();
  EXPECT_EQ(wait_any(both, 30s).value(), 1U);
  EXPECT_EQ(wait_any(both, 30s).value(), 1U) << "it is found again";
  EXPECT_TRUE(second.wait()->success());
  const Child* rest[] = {&first};
  EXPECT_EQ(wait_any(rest, 1ms).value(), std::nullopt);
  first.in().reset();
  EXPECT_EQ(wait_any(rest).value(), 0U);
}

TEST(WaitAny, of_nothing_is_nothing) {
  EXPECT_EQ(wait_any(std::span<const Child* const>()).value(), std::nullopt);
  EXPECT_TRUE(wait_all(std::span<const Child* const>()).value());
}

TEST(WaitAll, waits_for_the_last_one) {
  Child first = reader();
  Child second = reader();
  const Child* both[] = {&first, &second};
  first.in().reset();
  EXPECT_FALSE(wait_all(both, 1ms).value());
  second.in().reset();
  EXPECT_TRUE(wait_all(both, 30s).value());
}

TEST(WaitAny, takes_processes_that_are_not_ours_and_reaps_none) {
  Child child = reader();
  const ProcessHandle stranger = ProcessHandle::open(::getppid()).value();
  const ProcessHandle ours = ProcessHandle::open(child.pid()).value();
  const ProcessHandle* both[] = {&stranger, &ours};
  EXPECT_EQ(wait_any(both, 1ms).value(), std::nullopt);
  child.in().reset();
  EXPECT_EQ(wait_any(both, 30s).value(), 1U);
  EXPECT_EQ(child.wait().value(), ExitStatus::exited(0));
}

TEST(WaitAny, a_child_that_the_host_has_started_is_neither_seen_nor_reaped) {
  const pid_t of_the_host = ::fork();
  if (of_the_host == 0) {
    ::_exit(3);
  }
  Child child = reader();
  const Child* mine[] = {&child};
  EXPECT_EQ(wait_any(mine, 10ms).value(), std::nullopt);
  int status = 0;
  EXPECT_EQ(::waitpid(of_the_host, &status, 0), of_the_host);
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(WaitSet, tells_each_end_once) {
  WaitSet set = WaitSet::make().value();
  std::vector<Child> children;
  for (WaitSet::Key key = 0; key < 20; ++key) {
    children.push_back(reader());
    ASSERT_TRUE(set.add(key, children.back()).has_value());
  }
  EXPECT_EQ(set.wait(0s).value(), std::nullopt);
  std::set<WaitSet::Key> told;
  for (Child& child : children) {
    child.in().reset();
  }
  while (const auto key = set.wait(30s).value()) {
    EXPECT_TRUE(told.insert(*key).second);
    EXPECT_TRUE(children[*key].try_wait().value().has_value());
  }
  EXPECT_EQ(told.size(), children.size());
  EXPECT_EQ(set.size(), 0U);
}

TEST(WaitSet, refuses_a_key_that_is_taken_and_forgets_one_that_is_removed) {
  WaitSet set = WaitSet::make().value();
  Child child = reader();
  ASSERT_TRUE(set.add(7, child).has_value());
  EXPECT_EQ(set.add(7, child).error().code, EEXIST);
  set.remove(7);
  set.remove(7);
  child.in().reset();
  static_cast<void>(child.wait());
  EXPECT_EQ(set.wait().value(), std::nullopt) << "it is empty";
}

}  // namespace
}  // namespace tend::test
