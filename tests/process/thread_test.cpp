// Threads with attributes.

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/signal_wait.hpp>
#include <tend/thread.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>

#include "os/eventfd.hpp"
#include "os/readable.hpp"
#include "os/thread.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

TEST(Thread, gives_back_what_its_body_returns) {
  EXPECT_EQ(start_thread({}, [] { return 42; })->join().value(), 42);
  EXPECT_EQ(start_thread({}, [] { return std::string("text"); })->join().value(), "text");
  EXPECT_TRUE(start_thread({}, [] {})->join());
}

TEST(Thread, takes_over_what_is_moved_into_it) {
  auto owned = std::make_unique<int>(7);
  auto thread =
      start_thread({}, [mine = std::move(owned)] { return std::make_unique<int>(*mine); });
  EXPECT_EQ(owned, nullptr);
  EXPECT_EQ(*thread->join().value(), 7);
}

TEST(Thread, a_counter_shared_by_many_is_exact) {
  std::atomic<std::uint64_t> counter = 0;
  const auto count = [&counter] {
    for (int time = 0; time < 10'000; ++time) {
      ++counter;
    }
  };
  {
    const auto a = start_thread({}, count);
    const auto b = start_thread({}, count);
    const auto c = start_thread({}, count);
    ASSERT_TRUE(a && b && c);
  }
  EXPECT_EQ(counter, 30'000U);
}

TEST(Thread, what_its_body_throws_is_an_error_of_join) {
  auto thread = start_thread({.name = "thrower"}, []() -> int { throw std::runtime_error("oh"); });
  EXPECT_EQ(thread->join().error().message(), "thread thrower: threw: oh");
  auto strange = start_thread({}, []() -> int { throw 1; });
  EXPECT_TRUE(strange->join().error().message().contains("no std::exception"));
}

TEST(Thread, a_result_of_its_body_is_the_result_of_join) {
  auto good = start_thread({}, []() -> Result<int> { return 3; });
  EXPECT_EQ(good->join().value(), 3);
  auto bad = start_thread({}, []() -> Result<int> { return failed("open", "x", ENOENT); });
  EXPECT_EQ(bad->join().error().code, ENOENT);
}

TEST(Thread, has_the_name_stack_guard_and_cpus_that_were_asked_for) {
  struct Seen {
    std::string name{};
    std::size_t stack = 0;
    std::size_t guard = 0;
    int cpus = 0;
    bool has_cpu = false;
  };
  const auto cpu = static_cast<std::uint32_t>(::sched_getcpu());
  const auto look = [cpu] {
    Seen seen;
    char name[16] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    seen.name = name;
    pthread_attr_t attributes;
    ::pthread_getattr_np(::pthread_self(), &attributes);
    ::pthread_attr_getstacksize(&attributes, &seen.stack);
    ::pthread_attr_getguardsize(&attributes, &seen.guard);
    ::pthread_attr_destroy(&attributes);
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    seen.cpus = CPU_COUNT(&set);
    seen.has_cpu = CPU_ISSET(cpu, &set);
    return seen;
  };
  auto thread = start_thread({.name = "fifteen-letters",
                              .stack_bytes = 1'000'001,
                              .guard_bytes = 64UL * 1024,
                              .cpus = {cpu}},
                             look);
  const Seen seen = thread->join().value();
  EXPECT_EQ(seen.name, "fifteen-letters");
  // The guard lies inside of what was asked for or beside it, depending on libc.
  EXPECT_GE(seen.stack + seen.guard, 1'000'001U);
  EXPECT_LT(seen.stack, 2'000'000U);
  EXPECT_EQ(seen.guard, 64UL * 1024);
  EXPECT_EQ(seen.cpus, 1);
  EXPECT_TRUE(seen.has_cpu);
}

TEST(Thread, has_the_signal_mask_that_was_asked_for_or_that_of_its_starter) {
  const auto blocked = ScopedSignalMask::block({SIGUSR1});
  EXPECT_EQ(start_thread({}, blocked_signals)->join().value(), blocked_signals());
  EXPECT_EQ(start_thread({.blocked = SignalSet{SIGHUP}}, blocked_signals)->join().value(),
            SignalSet{SIGHUP});
}

TEST(Thread, attributes_that_cannot_be_are_errors_in_words) {
  const auto error_of = [](const ThreadOptions& options) {
    auto thread = start_thread(options, [] {});
    return thread ? Error{} : thread.error();
  };
  const Error name = error_of({.name = "sixteen-letters!"});
  EXPECT_EQ(name.code, EINVAL);
  EXPECT_TRUE(name.message().contains("at most 15 bytes, this one 16")) << name.message();
  const Error stack = error_of({.stack_bytes = 100});
  EXPECT_EQ(stack.code, EINVAL);
  EXPECT_TRUE(stack.message().contains("a stack of 100 bytes")) << stack.message();
  EXPECT_TRUE(error_of({.cpus = {100'000}}).message().contains("there is no CPU 100000"));
  EXPECT_TRUE(error_of({.cpus = {1023}}).message().contains("none of the CPUs"));
}

TEST(Thread, a_stack_that_cannot_be_had_is_eagain_with_the_reason) {
  auto thread = start_thread({.stack_bytes = std::size_t{1} << 50U}, [] {});
  ASSERT_FALSE(thread);
  EXPECT_EQ(thread.error().code, EAGAIN);
  EXPECT_TRUE(thread.error().detail.contains("memory for a stack")) << thread.error().message();
}

TEST(Thread, is_joined_when_it_is_dropped) {
  bool has_run = false;
  {
    const auto thread = start_thread({}, [&] { has_run = true; });
  }
  EXPECT_TRUE(has_run);
}

TEST(Thread, runs_on_by_itself_when_detached) {
  auto done = std::make_shared<Fd>(os::make_eventfd().value());
  {
    const auto thread = start_thread({.on_drop = ThreadDrop::detach},
                                     [done] { EXPECT_TRUE(os::signal_eventfd(*done)); });
    ASSERT_TRUE(thread);
  }
  EXPECT_TRUE(os::wait_readable(*done, std::nullopt).value());
  EXPECT_EQ(os::drain_eventfd(*done).value(), 1U);
  while (done.use_count() > 1) {  // Its copy of the descriptor goes with its body.
    ::sched_yield();
  }
}

TEST(Thread, can_be_joined_once_and_not_by_itself) {
  auto thread = start_thread({}, [] {});
  EXPECT_TRUE(thread->is_joinable());
  EXPECT_TRUE(thread->join());
  EXPECT_FALSE(thread->is_joinable());
  EXPECT_EQ(thread->join().error().code, EINVAL);
}

TEST(Thread, join_ends_with_the_time_and_can_be_repeated) {
  const Fd go = os::make_eventfd().value();
  auto thread = start_thread({}, [&go] { return os::wait_readable(go, std::nullopt).value(); });
  EXPECT_EQ(thread->join(0s).error().code, ETIMEDOUT);
  EXPECT_EQ(thread->join(2ms).error().code, ETIMEDOUT);
  ASSERT_TRUE(os::signal_eventfd(go));
  EXPECT_TRUE(thread->join(30s).value());
}

TEST(Thread, can_be_moved_while_it_runs) {
  const Fd go = os::make_eventfd().value();
  const auto body = [&go] { return os::wait_readable(go, std::nullopt).value(); };
  auto first = start_thread({}, body).value();
  auto second = std::move(first);
  ASSERT_TRUE(os::signal_eventfd(go));
  EXPECT_TRUE(second.join().value());
}

TEST(Thread, is_among_the_other_threads_until_it_is_joined) {
  const Fd go = os::make_eventfd().value();
  const Fd named = os::make_eventfd().value();
  auto thread = start_thread({.name = "visible"}, [&] {
    EXPECT_TRUE(os::signal_eventfd(named));
    return os::wait_readable(go, std::nullopt).value();
  });
  ASSERT_TRUE(os::wait_readable(named, std::nullopt).value());
  const auto during = os::other_threads().value();
  EXPECT_NE(std::ranges::find(during, "visible"), during.end());
  ASSERT_TRUE(os::signal_eventfd(go));
  ASSERT_TRUE(thread->join());
  const auto after = os::other_threads().value();
  EXPECT_EQ(std::ranges::find(after, "visible"), after.end());
}

}  // namespace
}  // namespace tend::test
