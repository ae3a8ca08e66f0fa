// Handlers and counters of a scope, and the flag for a clean stop.

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/read_write.hpp>
#include <tend/signal_handler.hpp>
#include <tend/signal_wait.hpp>
#include <tend/stop_flag.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

std::atomic<int> last_number = 0;
std::atomic<int> last_value = 0;
std::atomic<std::uint64_t> blocked_inside = 0;

void note(const SignalInfo& info) {
  last_number = info.number;
  last_value = info.value;
}

void note_mask(const SignalInfo& /*info*/) { blocked_inside = blocked_signals().bits(); }

bool is_default(int number) {
  struct sigaction now{};
  EXPECT_EQ(::sigaction(number, nullptr, &now), 0);
  return now.sa_handler == SIG_DFL;
}

TEST(SignalHandler, runs_the_function_with_what_came_and_is_gone_after_the_scope) {
  {
    const auto handler = SignalHandler::install({SIGUSR1, SIGRTMIN + 3}, note).value();
    ::raise(SIGUSR1);
    EXPECT_EQ(last_number, SIGUSR1);
    ::sigqueue(::getpid(), SIGRTMIN + 3, sigval{.sival_int = 5});
    while (last_number != SIGRTMIN + 3) {
      std::this_thread::yield();
    }
    EXPECT_EQ(last_value, 5);
  }
  EXPECT_TRUE(is_default(SIGUSR1));
  EXPECT_TRUE(is_default(SIGRTMIN + 3));
}

TEST(SignalHandler, holds_back_the_signals_of_its_mask_while_it_runs) {
  const auto handler =
      SignalHandler::install({SIGUSR1}, note_mask, {.blocked = {SIGUSR2, SIGHUP}}).value();
  ::raise(SIGUSR1);
  EXPECT_TRUE(SignalSet::from_bits(blocked_inside).contains_all({SIGUSR1, SIGUSR2, SIGHUP}));
  EXPECT_FALSE(blocked_signals().contains(SIGUSR2));
}

TEST(SignalHandler, restores_a_handler_that_was_there_before) {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before{};
  ASSERT_EQ(::sigaction(SIGUSR2, &ignore, &before), 0);
  {
    const auto handler = SignalHandler::install({SIGUSR2}, note).value();
  }
  struct sigaction after{};
  ASSERT_EQ(::sigaction(SIGUSR2, &before, &after), 0);
  EXPECT_EQ(after.sa_handler, SIG_IGN);
}

TEST(SignalHandler, refuses_what_cannot_be_caught_and_installs_none_of_the_set) {
  for (const int number : {SIGKILL, SIGSTOP, 32, 33}) {
    EXPECT_EQ(SignalHandler::install({SIGUSR1, number}, note).error().code, EINVAL) << number;
    EXPECT_TRUE(is_default(SIGUSR1));
  }
}

/// A read that waits for a byte which comes only after the signal. Whether it failed with EINTR.
bool read_was_interrupted(SignalHandlerOptions::Interrupted policy) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(ends), 0);
  auto counter = SignalCounter::install({SIGUSR1}, {.interrupted_calls = policy}).value();
  std::atomic<bool> is_over = false;
  std::atomic<int> code = 0;
  std::thread reader([&] {
    char byte = 0;
    code = ::read(ends[0], &byte, 1) < 0 ? errno : 0;
    is_over = true;
  });
  const bool fails = policy == SignalHandlerOptions::Interrupted::fail;
  while (!is_over && (fails || counter.total() < 50)) {
    ::pthread_kill(reader.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  reader.join();
  ::close(ends[0]);
  ::close(ends[1]);
  return code == EINTR;
}

TEST(SignalHandler, lets_interrupted_calls_go_on_or_fail_as_asked) {
  EXPECT_FALSE(read_was_interrupted(SignalHandlerOptions::Interrupted::restart));
  EXPECT_TRUE(read_was_interrupted(SignalHandlerOptions::Interrupted::fail));
}

TEST(SignalCounter, counts_every_delivery_of_each_signal) {
  const auto counter = SignalCounter::install({SIGUSR1, SIGUSR2}).value();
  for (int time = 0; time < 10; ++time) {
    ::raise(SIGUSR1);
  }
  {
    const auto blocked = ScopedSignalMask::block({SIGUSR1});
    for (int time = 0; time < 5; ++time) {
      ::raise(SIGUSR1);  // One, however many.
    }
  }
  EXPECT_EQ(counter.count(SIGUSR1), 11U);
  EXPECT_EQ(counter.count(SIGUSR2), 0U);
  EXPECT_EQ(counter.count(SIGHUP), 0U);
  EXPECT_EQ(counter.total(), 11U);
}

TEST(SignalCounter, counts_each_of_several_real_time_signals_that_were_held_back) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer makes one of several signals that come at once";
#endif
#endif
  const int number = SIGRTMIN + 4;
  const auto counter = SignalCounter::install({number}).value();
  {
    const auto blocked = ScopedSignalMask::block({number});
    for (int time = 0; time < 5; ++time) {
      ::raise(number);
    }
  }
  EXPECT_EQ(counter.count(number), 5U);
}

TEST(SignalCounter, several_lie_on_each_other_and_can_end_in_any_order) {
  auto first = std::make_optional(SignalCounter::install({SIGUSR1}).value());
  const auto second = SignalCounter::install({SIGUSR1}).value();
  ::raise(SIGUSR1);
  EXPECT_EQ(first->total(), 0U);
  first.reset();
  ::raise(SIGUSR1);
  EXPECT_EQ(second.total(), 2U);
}

TEST(SignalCounter, ends_while_another_thread_is_being_signalled) {
  std::atomic<bool> is_over = false;
  // Keeps the process alive between two scopes.
  const auto ground = SignalCounter::install({SIGUSR1}).value();
  std::thread target([&] {
    while (!is_over) {
      std::this_thread::yield();
    }
  });
  std::thread sender([&] {
    while (!is_over) {
      ::pthread_kill(target.native_handle(), SIGUSR1);
    }
  });
  for (int time = 0; time < 200; ++time) {
    const auto scope = SignalCounter::install({SIGUSR1}).value();
  }
  is_over = true;
  sender.join();
  target.join();
}

TEST(StopFlag, is_set_by_a_signal_and_wakes_those_who_wait) {
  const auto stop = StopFlag::make().value();
  EXPECT_FALSE(stop.is_set());
  EXPECT_FALSE(stop.wait(0s).value());
  std::thread sender([] { ::kill(::getpid(), SIGTERM); });
  EXPECT_TRUE(stop.wait(30s).value());
  sender.join();
  EXPECT_TRUE(stop.is_set());
  EXPECT_EQ(stop.signal(), SIGTERM);
  EXPECT_TRUE(stop.wait().value());
}

TEST(StopFlag, works_when_only_another_thread_can_take_the_signal) {
  const auto stop = StopFlag::make().value();
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    while (!is_over) {
      std::this_thread::yield();
    }
  });
  {
    const auto blocked = ScopedSignalMask::block({SIGINT});
    ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
    EXPECT_TRUE(stop.wait(30s).value());
  }
  is_over = true;
  other.join();
  EXPECT_EQ(stop.signal(), SIGINT);
}

TEST(StopFlag, can_be_set_without_a_signal) {
  auto stop = StopFlag::make().value();
  stop.set();
  EXPECT_TRUE(stop.wait().value());
  EXPECT_EQ(stop.signal(), std::nullopt);
}

TEST(StopFlag, counts_further_signals_when_asked_to) {
  const auto stop = StopFlag::make({.again = StopFlagOptions::Again::count}).value();
  for (int time = 0; time < 3; ++time) {
    ::raise(SIGINT);
  }
  EXPECT_EQ(stop.count(), 3U);
}

TEST(StopFlag, second_ctrl_c_ends_a_program_that_is_still_busy_with_the_first) {
  auto child = Command(program("stop_flag")).out(Stdio::pipe()).spawn();
  ASSERT_TRUE(child) << child.error().message();
  char line[16] = {};
  ASSERT_GT(read_from(child->out(), line, 30s).value(), 0U);
  ASSERT_TRUE(child->signal(SIGINT));
  ASSERT_GT(read_from(child->out(), line, 30s).value(), 0U);
  ASSERT_TRUE(child->signal(SIGINT));
  EXPECT_EQ(child->wait_for(30s).value(), ExitStatus::killed(SIGINT));
}

}  // namespace
}  // namespace tend::test
