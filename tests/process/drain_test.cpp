// Drain: the decisions of collecting output, with a made-up clock and no process.

#include <gtest/gtest.h>
#include <tend/drain.hpp>

#include <algorithm>
#include <string>

namespace tend::test {
namespace {

using namespace std::chrono_literals;

constexpr Drain::Instant start{};

TEST(Drain, is_done_when_the_child_and_every_stream_have_ended) {
  Drain drain({.streams = 2});
  drain.received(0, "abc", start);
  drain.ended(0);
  EXPECT_FALSE(drain.is_done(start));
  drain.child_ended(start);
  EXPECT_FALSE(drain.is_done(start)) << "the other stream is open";
  drain.ended(1);
  EXPECT_TRUE(drain.is_done(start));
  EXPECT_TRUE(drain.is_complete());
  EXPECT_EQ(drain.take(0), "abc");
  EXPECT_EQ(drain.take(1), "");
}

TEST(Drain, waits_for_every_child) {
  Drain drain({.streams = 0, .children = 2});
  drain.child_ended(start);
  EXPECT_FALSE(drain.is_done(start));
  drain.child_ended(start);
  EXPECT_TRUE(drain.is_done(start));
}

TEST(Drain, lingers_while_a_stream_that_somebody_holds_still_speaks) {
  Drain drain({.streams = 1, .linger = 1s});
  EXPECT_EQ(drain.wake_at(), std::nullopt);
  drain.child_ended(start);
  EXPECT_EQ(drain.wake_at(), start + 1s);
  drain.received(0, "x", start + 900ms);
  EXPECT_FALSE(drain.is_done(start + 1800ms));
  EXPECT_EQ(drain.wake_at(), start + 1900ms);
  EXPECT_TRUE(drain.is_done(start + 1900ms));
  EXPECT_FALSE(drain.is_complete());
}

TEST(Drain, silence_before_the_end_of_the_child_does_not_count) {
  Drain drain({.streams = 1, .linger = 1s});
  EXPECT_FALSE(drain.is_done(start + 1000s));
  drain.child_ended(start + 1000s);
  EXPECT_FALSE(drain.is_done(start + 1000s));
}

TEST(Drain, is_late_at_its_deadline_and_wakes_for_what_comes_first) {
  Drain drain({.streams = 1, .linger = 1s, .deadline = start + 10s});
  EXPECT_EQ(drain.wake_at(), start + 10s);
  EXPECT_FALSE(drain.is_late(start + 9s));
  EXPECT_TRUE(drain.is_late(start + 10s));
  drain.child_ended(start + 2s);
  EXPECT_EQ(drain.wake_at(), start + 3s);
  drain.received(0, "", start + 9500ms);
  EXPECT_EQ(drain.wake_at(), start + 10s);
}

TEST(Drain, keeps_the_first_bytes_up_to_the_limit) {
  Drain drain({.streams = 2, .bytes_max = 4});
  drain.received(0, "abc", start);
  EXPECT_FALSE(drain.is_cut());
  drain.received(0, "def", start);
  EXPECT_TRUE(drain.is_cut());
  EXPECT_TRUE(drain.is_full(0));
  EXPECT_FALSE(drain.is_full(1)) << "each stream has a limit of its own";
  EXPECT_EQ(drain.take(0), "abcd");
}

TEST(Drain, is_not_cut_by_exactly_the_limit) {
  Drain drain({.streams = 1, .bytes_max = 3});
  drain.received(0, "abc", start);
  EXPECT_FALSE(drain.is_cut());
  drain.dropped(start);
  EXPECT_TRUE(drain.is_cut());
}

TEST(Drain, receives_in_place_no_more_than_there_is_room_for) {
  Drain drain({.streams = 1, .bytes_max = 10});
  std::size_t offered = 0;
  const auto fill = [&](std::span<char> room) {
    offered = room.size();
    std::ranges::fill(room.first(std::min<std::size_t>(room.size(), 6)), 'x');
    return std::min<std::size_t>(room.size(), 6);
  };
  drain.receive(0, 100, fill, start);
  EXPECT_EQ(offered, 10U);
  drain.receive(0, 100, fill, start);
  EXPECT_EQ(offered, 4U);
  EXPECT_EQ(drain.take(0), std::string(10, 'x'));
}

TEST(Drain, input_is_written_in_pieces_and_given_up_with_the_last_child) {
  Drain drain({.streams = 0, .children = 2, .input = "abcdef"});
  drain.written(2);
  EXPECT_EQ(drain.input(), "cdef");
  drain.child_ended(start);
  EXPECT_EQ(drain.input(), "cdef");
  drain.child_ended(start);
  EXPECT_EQ(drain.input(), "");
  Drain refused({.streams = 0, .input = "abc"});
  refused.refuse_input();
  EXPECT_EQ(refused.input(), "");
}

}  // namespace
}  // namespace tend::test
