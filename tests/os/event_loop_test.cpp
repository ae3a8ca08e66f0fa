#include "os/event_loop.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "os/eventfd.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"

namespace tend::os {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class EventLoopTest : public testing::Test {
 protected:
  Instant now_{1h};
  EventLoop loop_ = EventLoop::make([this] { return now_; }).value();
  std::vector<int> calls_{};

  void turn() { ASSERT_TRUE(loop_.run_once(0ms).has_value()); }
};

TEST_F(EventLoopTest, calls_back_as_long_as_something_is_readable) {
  const Fd event = make_eventfd().value();
  ASSERT_TRUE(loop_.add(event, Interest::read, [&](Ready ready) {
    EXPECT_TRUE(ready.is_readable);
    calls_.push_back(1);
  }));
  turn();
  EXPECT_THAT(calls_, ElementsAre());
  ASSERT_TRUE(signal_eventfd(event));
  turn();
  turn();
  EXPECT_THAT(calls_, ElementsAre(1, 1));
  ASSERT_TRUE(drain_eventfd(event));
  turn();
  EXPECT_THAT(calls_, ElementsAre(1, 1));
}

TEST_F(EventLoopTest, watch_may_remove_itself_and_others_in_one_turn) {
  const Fd first = make_eventfd().value();
  const Fd second = make_eventfd().value();
  WatchId first_watch{};
  WatchId second_watch{};
  const auto remove_both = [&](Ready) {
    calls_.push_back(1);
    loop_.remove(first_watch);
    loop_.remove(second_watch);
  };
  first_watch = loop_.add(first, Interest::read, remove_both).value();
  second_watch = loop_.add(second, Interest::read, remove_both).value();
  ASSERT_TRUE(signal_eventfd(first));
  ASSERT_TRUE(signal_eventfd(second));
  turn();
  turn();
  EXPECT_THAT(calls_, ElementsAre(1));
  EXPECT_EQ(loop_.watch_count(), 0U);
  loop_.remove(first_watch);
}

TEST_F(EventLoopTest, interest_can_change) {
  const Pipe pipe = make_pipe().value();
  const WatchId watch =
      loop_.add(pipe.write, Interest::write, [&](Ready) { calls_.push_back(1); }).value();
  turn();
  ASSERT_TRUE(loop_.modify(watch, Interest::none));
  turn();
  EXPECT_THAT(calls_, ElementsAre(1));
  loop_.remove(watch);
  EXPECT_FALSE(loop_.modify(watch, Interest::read));
}

TEST_F(EventLoopTest, pipe_without_writer_is_hung_up) {
  Pipe pipe = make_pipe().value();
  bool is_hung_up = false;
  const WatchId watch =
      loop_.add(pipe.read, Interest::read, [&](Ready ready) { is_hung_up = ready.is_hung_up; })
          .value();
  pipe.write.reset();
  turn();
  EXPECT_TRUE(is_hung_up);
  loop_.remove(watch);
}

TEST_F(EventLoopTest, timers_come_in_the_order_of_their_deadlines_and_once) {
  loop_.add_timer(20ms, [&] { calls_.push_back(20); });
  loop_.add_timer(10ms, [&] { calls_.push_back(10); });
  const TimerId cancelled = loop_.add_timer(5ms, [&] { calls_.push_back(5); });
  loop_.cancel(cancelled);
  turn();
  EXPECT_THAT(calls_, ElementsAre());
  now_ += 10ms;
  turn();
  EXPECT_THAT(calls_, ElementsAre(10));
  now_ += 1h;
  turn();
  turn();
  EXPECT_THAT(calls_, ElementsAre(10, 20));
  EXPECT_EQ(loop_.timer_count(), 0U);
}

TEST_F(EventLoopTest, timer_may_cancel_another_and_add_one_for_the_next_turn) {
  TimerId other{};
  loop_.add_timer(1ms, [&] {
    calls_.push_back(1);
    loop_.cancel(other);
    loop_.add_timer(0ms, [&] { calls_.push_back(3); });
  });
  other = loop_.add_timer(2ms, [&] { calls_.push_back(2); });
  now_ += 5ms;
  turn();
  EXPECT_THAT(calls_, ElementsAre(1));
  turn();
  EXPECT_THAT(calls_, ElementsAre(1, 3));
}

TEST_F(EventLoopTest, run_ends_by_stop) {
  loop_.add_timer(0ms, [&] { loop_.stop(); });
  EXPECT_TRUE(loop_.run().has_value());
}

TEST_F(EventLoopTest, regular_file_cannot_be_watched) {
  const Fd file = open_file("/etc/passwd", 0).value();
  const auto added = loop_.add(file, Interest::read, [](Ready) {});
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code, EPERM);
}

}  // namespace
}  // namespace tend::os
