// Signals as values: masks of a scope, waiting, polling.

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/signal_wait.hpp>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace tend::test {
namespace {

using namespace std::chrono_literals;

void send_value(int number, int value) {
  ASSERT_EQ(::sigqueue(::getpid(), number, sigval{.sival_int = value}), 0);
}

TEST(ScopedSignalMask, restores_the_mask_whatever_happens) {
  const SignalSet before = blocked_signals();
  try {
    const auto blocked = ScopedSignalMask::block({SIGUSR1, SIGUSR2});
    EXPECT_EQ(blocked_signals(), before | (SignalSet{SIGUSR1, SIGUSR2}));
    EXPECT_EQ(blocked.before(), before);
    const auto open = ScopedSignalMask::unblock({SIGUSR1});
    EXPECT_EQ(blocked_signals(), before | SignalSet{SIGUSR2});
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(blocked_signals(), before);
  }
}

TEST(ScopedSignalMask, leaves_the_signals_of_libc_and_the_unblockable_ones_alone) {
  const auto all = ScopedSignalMask::exactly(SignalSet::all());
  EXPECT_EQ(blocked_signals(), ~(SignalSet{SIGKILL, SIGSTOP, 32, 33}));
}

TEST(WaitForSignal, takes_one_that_came_before_and_says_who_sent_it) {
  const auto blocked = ScopedSignalMask::block({SIGUSR1});
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  const auto arrived = wait_for_signal({SIGUSR1}, 30s).value();
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->number, SIGUSR1);
  EXPECT_EQ(arrived->sender_pid, ::getpid());
  EXPECT_EQ(arrived->sender_uid, ::getuid());
  EXPECT_EQ(arrived->description(), "SIGUSR1 from process " + std::to_string(::getpid()) +
                                        " of user " + std::to_string(::getuid()) + " (kill)");
}

TEST(WaitForSignal, gives_nothing_when_none_comes_in_time) {
  const auto blocked = ScopedSignalMask::block({SIGUSR1});
  EXPECT_EQ(wait_for_signal({SIGUSR1}, 0s).value(), std::nullopt);
  EXPECT_EQ(wait_for_signal({SIGUSR1}, 2ms).value(), std::nullopt);
}

TEST(WaitForSignal, gives_real_time_signals_one_by_one_with_their_values) {
  const int number = SIGRTMIN + 2;
  const auto blocked = ScopedSignalMask::block({number});
  for (int value = 1; value <= 3; ++value) {
    send_value(number, value);
  }
  for (int value = 1; value <= 3; ++value) {
    const auto arrived = wait_for_signal({number}, 30s).value();
    ASSERT_TRUE(arrived.has_value());
    EXPECT_EQ(arrived->value, value);
  }
  EXPECT_EQ(wait_for_signal({number}, 0s).value(), std::nullopt);
}

TEST(WaitForSignal, wakes_for_a_signal_from_another_thread) {
  const auto blocked = ScopedSignalMask::block({SIGUSR2});
  std::thread sender([] { ::kill(::getpid(), SIGUSR2); });
  EXPECT_EQ(wait_for_signal({SIGUSR2}, 30s).value()->number, SIGUSR2);
  sender.join();
}

TEST(WaitForSignal, tells_of_a_child_that_ended) {
  const auto blocked = ScopedSignalMask::block({SIGCHLD});
  auto child = Command::shell("exit 7").spawn();
  ASSERT_TRUE(child);
  const auto arrived = wait_for_signal({SIGCHLD}, 30s).value();
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->sender_pid, child->pid());
  EXPECT_EQ(arrived->status, 7);
  EXPECT_TRUE(arrived->description().ends_with("(a child exited)")) << arrived->description();
  EXPECT_TRUE(child->wait());
}

TEST(WaitForSignal, refuses_a_set_that_is_not_blocked) {
  const auto refused = wait_for_signal({SIGUSR1}, 0s);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().contains("SIGUSR1: not blocked in this thread"))
      << refused.error().message();
  EXPECT_TRUE(wait_for_signal({SIGKILL}, 0s).error().message().contains("cannot be blocked"));
  EXPECT_FALSE(SignalSource::open({SIGUSR1}));
}

TEST(SignalSource, gives_signals_to_whoever_polls) {
  const auto blocked = ScopedSignalMask::block({SIGUSR1, SIGRTMIN + 1});
  auto source = SignalSource::open({SIGUSR1, SIGRTMIN + 1}).value();
  EXPECT_EQ(source.next(0s).value(), std::nullopt);
  send_value(SIGRTMIN + 1, 42);
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  EXPECT_EQ(source.next(30s).value()->number, SIGUSR1);
  const auto second = source.next(30s).value();
  EXPECT_EQ(second->number, SIGRTMIN + 1);
  EXPECT_EQ(second->value, 42);
  EXPECT_EQ(second->code, SI_QUEUE);
  EXPECT_EQ(source.next(0s).value(), std::nullopt);
}

}  // namespace
}  // namespace tend::test
