// Orphans come to the process that adopts them; and numbers that copies of a process share.

#include "os/orphans.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <tend/command.hpp>

#include <cstdint>
#include <vector>

#include "os/copy_process.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "os/shared_numbers.hpp"
#include "os/wait_status.hpp"

namespace tend::os {
namespace {

/// Runs in a copy, because adopting cannot be undone. 0: as promised; else the line that failed.
int adopt_one() {
  if (!adopt_orphans()) {
    return __LINE__;
  }
  // The shell ends at once and leaves a process behind, detached in a session of its own.
  const auto ended = tend::Command::shell("setsid sleep 1000 & exit 7").status();
  if (!ended || ended->code() != 7) {
    return __LINE__;
  }
  const auto children = children_of(own_pid());
  if (!children || children->size() != 1) {
    return __LINE__;
  }
  const auto orphan = open_pidfd(children->front());
  if (!orphan || !send_signal(*orphan, 9)) {
    return __LINE__;
  }
  const auto reaped = wait_status(P_PID, children->front(), Waiting::yes, Leave::reaped);
  return reaped && *reaped && (*reaped)->status.signal() == 9 ? 0 : __LINE__;
}

TEST(Orphans, come_to_the_process_that_adopts_them) {
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
