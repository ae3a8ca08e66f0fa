// Alarms of a scope.

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <tend/alarm.hpp>
#include <tend/pipe.hpp>
#include <tend/signal_wait.hpp>
#include <tend/thread.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>

#include "os/clock.hpp"
#include "os/eventfd.hpp"
#include "os/readable.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

TEST(Alarm, becomes_readable_when_its_time_is_over) {
  auto alarm = Alarm::after(2ms).value();
  EXPECT_EQ(alarm.expirations(30s).value(), 1U);
  EXPECT_EQ(alarm.expirations().value(), 0U);
  EXPECT_EQ(Alarm::after(-5s)->expirations(30s).value(), 1U);
  EXPECT_EQ(Alarm::at(os::monotonic_now())->expirations(30s).value(), 1U);
}

TEST(Alarm, several_run_at_once_and_expire_in_the_order_of_their_times) {
  auto late = Alarm::after(20ms).value();
  auto never = Alarm::after(1h).value();
  auto soon = Alarm::after(1ms).value();
  EXPECT_EQ(late.expirations(30s).value(), 1U);
  EXPECT_EQ(soon.expirations().value(), 1U);
  EXPECT_EQ(never.expirations().value(), 0U);
  EXPECT_GT(never.left().value(), 30min);
}

TEST(Alarm, does_not_expire_once_it_is_disarmed_and_can_be_armed_again) {
  auto alarm = Alarm::after(0s).value();
  ASSERT_TRUE(os::wait_readable(alarm.fd(), std::nullopt).value());
  ASSERT_TRUE(alarm.disarm());
  EXPECT_EQ(alarm.expirations().value(), 0U);
  EXPECT_EQ(alarm.left().value(), 0s);
  ASSERT_TRUE(alarm.rearm(1ms));
  EXPECT_EQ(alarm.expirations(30s).value(), 1U);
}

TEST(Alarm, repeats) {
  auto alarm = Alarm::every(1ms).value();
  std::uint64_t count = 0;
  while (count < 3) {
    count += alarm.expirations(30s).value();
  }
  EXPECT_EQ(Alarm::every(0s).error().code, EINVAL);
}

TEST(CallAlarm, calls_the_function_once) {
  const Fd called = os::make_eventfd().value();
  auto alarm = CallAlarm::after(1ms, [&] { EXPECT_TRUE(os::signal_eventfd(called)); });
  ASSERT_TRUE(alarm);
  EXPECT_TRUE(os::wait_readable(called, std::nullopt).value());
  EXPECT_TRUE(alarm->has_expired());
  EXPECT_FALSE(alarm->cancel());
  EXPECT_EQ(os::drain_eventfd(called).value(), 1U);
}

TEST(CallAlarm, is_disarmed_when_the_scope_is_left_by_an_exception) {
  std::atomic<int> calls = 0;
  try {
    const auto alarm = CallAlarm::after(1h, [&] { ++calls; });
    ASSERT_TRUE(alarm);
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(calls, 0);
  }
}

TEST(CallAlarm, either_calls_or_is_cancelled_and_never_both) {
  for (int time = 0; time < 200; ++time) {
    std::atomic<int> calls = 0;
    bool in_time = false;
    {
      auto alarm = CallAlarm::after(std::chrono::microseconds(time), [&] { ++calls; });
      ASSERT_TRUE(alarm);
      in_time = alarm->cancel();
      EXPECT_EQ(in_time, alarm->cancel());
    }
    EXPECT_EQ(calls, in_time ? 0 : 1);
  }
}

TEST(CallAlarm, can_be_dropped_by_its_own_function) {
  const Fd called = os::make_eventfd().value();
  auto alarm = std::make_shared<std::optional<CallAlarm>>();
  const Fd made = os::make_eventfd().value();
  *alarm = CallAlarm::after(0s, [&, alarm] {
             EXPECT_TRUE(os::wait_readable(made, std::nullopt).value());
             EXPECT_EQ(os::drain_eventfd(made).value(), 1U);
             alarm->reset();
             EXPECT_TRUE(os::signal_eventfd(called));
           }).value();
  ASSERT_TRUE(os::signal_eventfd(made));
  EXPECT_TRUE(os::wait_readable(called, std::nullopt).value());
  EXPECT_EQ(os::drain_eventfd(called).value(), 1U);
  // Its thread ends by itself; the function, and what it owns, go with it.
  while (alarm.use_count() > 1) {
    ::sched_yield();
  }
}

TEST(InterruptAlarm, lets_a_blocking_call_fail_with_eintr) {
  const Pipe pipe = Pipe::make().value();
  char byte = 0;
  {
    const auto alarm = InterruptAlarm::after(1ms).value();
    EXPECT_EQ(::read(pipe.read.get(), &byte, 1), -1);
    EXPECT_EQ(errno, EINTR);
    EXPECT_TRUE(alarm.has_expired());
  }
  struct sigaction now{};
  ASSERT_EQ(::sigaction(InterruptAlarm::default_signal, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(InterruptAlarm, reaches_a_call_that_begins_after_the_time_is_over) {
  const Pipe pipe = Pipe::make().value();
  char byte = 0;
  const auto alarm = InterruptAlarm::after(0s).value();
  while (!alarm.has_expired()) {
    ::sched_yield();
  }
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(::read(pipe.read.get(), &byte, 1), -1);
    EXPECT_EQ(errno, EINTR);
  }
}

TEST(InterruptAlarm, does_nothing_when_the_call_is_in_time) {
  const Pipe pipe = Pipe::make().value();
  ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
  char byte = 0;
  const auto alarm = InterruptAlarm::after(1h).value();
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 1);
  EXPECT_FALSE(alarm.has_expired());
}

TEST(InterruptAlarm, of_several_threads_reach_each_its_own) {
  const Pipe pipe = Pipe::make().value();
  const auto be_interrupted = [&pipe] {
    char byte = 0;
    const auto alarm = InterruptAlarm::after(1ms).value();
    return ::read(pipe.read.get(), &byte, 1) == -1 && errno == EINTR;
  };
  const auto outer = InterruptAlarm::after(1h).value();
  auto one = start_thread({}, be_interrupted);
  auto other = start_thread({.blocked = SignalSet{InterruptAlarm::default_signal}}, be_interrupted);
  EXPECT_TRUE(one->join(30s).value());
  EXPECT_TRUE(other->join(30s).value());
  EXPECT_FALSE(outer.has_expired());
}

TEST(InterruptAlarm, refuses_a_signal_that_somebody_else_uses) {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before{};
  const int number = SIGRTMIN + 9;
  ASSERT_EQ(::sigaction(number, &ignore, &before), 0);
  EXPECT_EQ(InterruptAlarm::after(1s, number).error().code, EBUSY);
  ASSERT_EQ(::sigaction(number, &before, nullptr), 0);
  EXPECT_EQ(InterruptAlarm::after(1s, SIGTERM).error().code, EINVAL);
}

}  // namespace
}  // namespace tend::test
