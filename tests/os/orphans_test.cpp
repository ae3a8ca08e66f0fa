// Orphans come to the process that adopts them, and it reaps them without touching children.

#include "os/orphans.hpp"

#include <gtest/gtest.h>
#include <tend/command.hpp>

#include "os/copy_process.hpp"
#include "os/pidfd.hpp"
#include "os/shared_numbers.hpp"

namespace tend::os {
namespace {

/// Runs in a copy, because adopting cannot be undone. 0: as promised; else the line that failed.
int adopt_one() {
  if (!adopt_orphans()) {
    return __LINE__;
  }
  // The shell ends at once and leaves a `sleep` behind, detached in a session of its own.
  auto shell = tend::Command::shell("setsid sh -c 'sleep 0.05' & exit 7").spawn();
  if (!shell) {
    return __LINE__;
  }
  if (!shell->wait()) {
    return __LINE__;
  }
  auto child = tend::Command("sleep").arg("1000").spawn();
  if (!child) {
    return __LINE__;
  }
  std::size_t reaped = 0;
  while (reaped == 0) {
    reaped = reap_orphans();
  }
  const auto running = child->try_wait();
  if (!running || *running || reaped != 1 || reap_orphans() != 0) {
    return __LINE__;
  }
  const bool is_killed = child->kill_tree().has_value();
  return is_killed && reap_orphans() == 0 && child->wait() ? 0 : __LINE__;
}

TEST(Orphans, come_to_us_and_are_reaped_alone) {
  const auto copy = copy_process({}, [](void*) { leave_process(adopt_one()); }, nullptr);
  ASSERT_TRUE(copy) << copy.error().message();
  const auto ended = reap(copy->pidfd, Waiting::yes);
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->status, ExitStatus::exited(0)) << "the number is a line of adopt_one()";
}

TEST(SharedNumbers, are_seen_by_a_copy_and_by_us) {
  auto numbers = SharedNumbers::make(3);
  ASSERT_TRUE(numbers);
  numbers->store(1, 5);
  const auto copy = copy_process(
      {},
      [](void* argument) {
        auto& shared = *static_cast<SharedNumbers*>(argument);
        shared.store(2, shared.load(1) + 1);
        leave_process(0);
      },
      &*numbers);
  ASSERT_TRUE(copy) << copy.error().message();
  ASSERT_TRUE(reap(copy->pidfd, Waiting::yes));
  EXPECT_EQ(numbers->load(0), 0);
  EXPECT_EQ(numbers->load(2), 6);
}

}  // namespace
}  // namespace tend::os
