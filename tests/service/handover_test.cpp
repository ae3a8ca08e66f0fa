#include "service/handover.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "os/files.hpp"
#include "os/pipe.hpp"
#include "os/unix_socket.hpp"
#include "service/leader.hpp"

namespace tend::service {

namespace {

using namespace std::chrono_literals;

os::Instant soon() { return os::monotonic_now() + 30s; }

TEST(Handover, every_descriptor_arrives_under_its_name) {
  auto pair = os::stream_pair();
  auto pipe = os::make_pipe();
  ASSERT_TRUE(pair && pipe);
  const Offer offers[] = {
      {.kind = StoredKind::staging_read, .fd = &pipe->read},
      {.kind = StoredKind::log_pipe, .record = 3, .run = 17, .fd = &pipe->write}};
  ASSERT_TRUE(give_all(pair->first, offers, soon()));
  const auto taken = take_all(pair->second, soon());
  ASSERT_TRUE(taken) << taken.error().message();
  ASSERT_EQ(taken->size(), 2U);
  EXPECT_EQ((*taken)[0].kind, StoredKind::staging_read);
  EXPECT_EQ((*taken)[0].record, no_record);
  EXPECT_EQ((*taken)[1].kind, StoredKind::log_pipe);
  EXPECT_EQ((*taken)[1].record, 3U);
  EXPECT_EQ((*taken)[1].run, 17U);
  // They are the two ends of the one pipe, and in this order.
  ASSERT_TRUE(os::write_all((*taken)[1].fd, "x"));
  char byte = 0;
  EXPECT_EQ(os::read_some((*taken)[0].fd, {&byte, 1}).value_or(0), 1U);
  EXPECT_EQ(byte, 'x');
}

TEST(Handover, a_giver_that_ends_in_the_middle_is_told_from_one_that_gave_all) {
  auto pair = os::stream_pair();
  auto pipe = os::make_pipe();
  ASSERT_TRUE(pair && pipe);
  // One item and no end.
  const Offer offers[] = {{.kind = StoredKind::staging_read, .fd = &pipe->read}};
  ASSERT_TRUE(give_all(pair->first, offers, soon()));
  ASSERT_TRUE(take_all(pair->second, soon()));
  pair->first.reset();
  const auto taken = take_all(pair->second, soon());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ECONNRESET);
}

TEST(Handover, a_silent_giver_is_not_waited_for_for_ever) {
  auto pair = os::stream_pair();
  ASSERT_TRUE(pair);
  const auto taken = take_all(pair->second, os::monotonic_now());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ETIMEDOUT);
}

// What keeps a stranger who got the pid of a leader from being signalled.
TEST(Leader, the_same_pid_with_another_start_time_is_a_stranger) {
  const KnownLeader known{.token = 1, .run = 2, .pid = 100, .start_ticks = 5000};
  EXPECT_TRUE(is_same(known, {.start_ticks = 5000}));
  EXPECT_FALSE(is_same(known, {.start_ticks = 5001, .has_mark = true}));
  EXPECT_FALSE(is_same(known, {.has_mark = true})) << "it cannot be seen any more";
}

TEST(Leader, without_a_known_start_time_the_mark_decides) {
  const KnownLeader known{.token = 1, .run = 2, .pid = 100};
  EXPECT_TRUE(is_same(known, {.start_ticks = 5000, .has_mark = true}));
  EXPECT_FALSE(is_same(known, {.start_ticks = 5000}));
}

TEST(Leader, nobody_is_opened_for_a_run_without_a_process) {
  EXPECT_FALSE(open_leader({.token = 1, .run = 2}));
}

}  // namespace

}  // namespace tend::service
