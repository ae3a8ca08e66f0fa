// Functions run in a copy of this process.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>
#include <tend/signal_handler.hpp>
#include <tend/signal_wait.hpp>
#include <tend/thread.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "os/eventfd.hpp"
#include "os/procfs.hpp"
#include "os/readable.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

using testing::HasSubstr;

struct Point {
  int x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

TEST(GuardedFork, brings_back_what_the_function_returns) {
  EXPECT_EQ(run_in_copy([] { return 42; }).value(), 42);
  EXPECT_EQ(run_in_copy([] { return Point{.x = 1, .y = 2.5}; }).value(), (Point{.x = 1, .y = 2.5}));
  EXPECT_EQ(run_in_copy([] { return std::string("a\0b", 3); }).value(), std::string("a\0b", 3));
  EXPECT_EQ(run_in_copy([] { return std::vector<std::string>{"one", "", "three"}; }).value(),
            (std::vector<std::string>{"one", "", "three"}));
  EXPECT_TRUE(run_in_copy([] {}));
}

TEST(GuardedFork, brings_back_results_with_their_errors) {
  EXPECT_EQ(run_in_copy([]() -> Result<std::string> { return "good"; }).value(), "good");
  EXPECT_TRUE(run_in_copy([]() -> Result<> { return {}; }));
  const Error error{
      .step = "open", .subject = "/x", .code = ENOENT, .detail = "detail", .context = "context"};
  EXPECT_EQ(run_in_copy([&]() -> Result<int> { return std::unexpected(error); }).error(), error);
}

TEST(GuardedFork, brings_back_more_than_a_pipe_holds) {
  std::string big(5'000'000, 'x');
  EXPECT_TRUE(run_in_copy([&] { return big; }).value() == big);
}

TEST(GuardedFork, refuses_a_result_that_is_longer_than_agreed) {
  auto copy = guarded_fork([] { return std::string(100'000, 'x'); }, {.result_bytes_max = 1000});
  EXPECT_EQ(copy->result().error().code, EFBIG);
  EXPECT_EQ(copy->end(), CopyEnd::too_big);
}

TEST(GuardedFork, what_the_function_changes_is_lost_and_what_it_owns_is_not_destroyed_twice) {
  int number = 1;
  const auto shared = std::make_shared<int>(7);
  EXPECT_EQ(run_in_copy([&, shared] { return ++number + *shared; }).value(), 9);
  EXPECT_EQ(number, 1);
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(GuardedFork, an_exception_is_an_error_and_does_not_climb_out) {
  const pid_t parent = ::getpid();
  auto copy = guarded_fork([]() -> int { throw std::runtime_error("disk on fire"); });
  ASSERT_TRUE(copy) << copy.error().message();
  const auto result = copy->result();
  ASSERT_EQ(::getpid(), parent);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "guarded fork: the function threw: disk on fire");
  EXPECT_EQ(copy->end(), CopyEnd::threw);
  EXPECT_THAT(run_in_copy([]() -> int { throw 3; }).error().message(),
              HasSubstr("no std::exception"));
}

/// A file of ours into which destructors and exit handlers of a copy would write.
class Witness {
 public:
  Witness()
      : path_(folder_ / "witness"),
        fd_(::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)) {}
  void write(const char* text) const { EXPECT_TRUE(write_to(fd_, text)); }
  [[nodiscard]] std::string text() const { return read_file(path_); }

 private:
  TempDir folder_{};
  std::string path_;
  Fd fd_;
};

const Witness* exit_witness = nullptr;

TEST(GuardedFork, exit_runs_no_exit_handler_of_this_process) {
  const Witness witness;
  exit_witness = &witness;
  ASSERT_EQ(std::atexit([] {
              if (exit_witness != nullptr) {
                exit_witness->write("handler");
              }
            }),
            0);
  auto copy = guarded_fork([] { std::exit(3); });
  EXPECT_EQ(copy->result().error().message(), "guarded fork: the function called exit(3)");
  EXPECT_EQ(copy->end(), CopyEnd::exited);
  EXPECT_THAT(run_in_copy([] { std::quick_exit(4); }).error().message(),
              HasSubstr("called quick_exit"));
  exit_witness = nullptr;
  EXPECT_EQ(witness.text(), "");
}

TEST(GuardedFork, destructors_of_this_stack_do_not_run_in_the_copy) {
  const Witness witness;
  {
    struct Guard {  // NOLINT(cppcoreguidelines-special-member-functions)
      const Witness& to;
      ~Guard() { to.write("destroyed;"); }
    };
    const Guard guard{witness};
    EXPECT_TRUE(run_in_copy([] {}));
    EXPECT_FALSE(run_in_copy([] { throw std::runtime_error("x"); }));
    EXPECT_FALSE(run_in_copy([] { std::exit(0); }));
  }
  EXPECT_EQ(witness.text(), "destroyed;");
}

TEST(GuardedFork, every_other_end_is_told_as_what_it_is) {
  auto left = guarded_fork([] { ::_exit(5); });
  EXPECT_THAT(left->result().error().message(), HasSubstr("exited with 5"));
  EXPECT_EQ(left->end(), CopyEnd::exited);
  auto aborted = guarded_fork([] { ::raise(SIGABRT); });
  EXPECT_THAT(aborted->result().error().message(), HasSubstr("killed by SIGABRT"));
  EXPECT_EQ(aborted->end(), CopyEnd::killed);
  auto crashed = guarded_fork([] { ::raise(SIGSEGV); });
  EXPECT_THAT(crashed->result().error().message(), HasSubstr("killed by SIGSEGV"));
  auto executed = guarded_fork([] { ::execl("/bin/sh", "sh", "-c", "exit 9", nullptr); });
  EXPECT_THAT(executed->result().error().message(), HasSubstr("exited with 9"));
}

TEST(GuardedFork, output_that_stdio_holds_back_is_written_once) {
  TempDir folder;
  const std::string path = folder / "out";
  std::FILE* file = std::fopen(path.c_str(), "we");
  ASSERT_NE(file, nullptr);
  std::fputs("before;", file);
  EXPECT_TRUE(run_in_copy([file] { std::fputs("inside;", file); }));
  EXPECT_FALSE(run_in_copy([file] {
    std::fputs("exit;", file);
    std::exit(0);
  }));
  std::fputs("after", file);
  std::fclose(file);
  EXPECT_EQ(read_file(path), "before;inside;exit;after");
}

TEST(GuardedFork, runs_functions_side_by_side) {
  // Each waits for the other: only side by side can they end.
  Pipe there = Pipe::make().value();
  Pipe back = Pipe::make().value();
  const auto exchange = [](const Fd& in, const Fd& out) {
    char byte = 0;
    return write_to(out, "x") && read_from(in, std::span(&byte, 1), 30s) ? ::getpid() : -1;
  };
  auto one = guarded_fork([&] { return exchange(there.read, back.write); });
  auto other = guarded_fork([&] { return exchange(back.read, there.write); });
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->result().value(), one->child().pid());
  EXPECT_EQ(other->result().value(), other->child().pid());
  EXPECT_EQ(one->end(), CopyEnd::returned);
}

TEST(GuardedFork, results_of_many_come_in_the_order_of_the_functions) {
  std::vector<std::function<Result<int>()>> squares;
  for (int number = 0; number < 20; ++number) {
    squares.emplace_back([number]() -> Result<int> {
      return number == 7 ? failed("seven", "", EINVAL) : Result<int>(number * number);
    });
  }
  const auto results = run_in_copies(squares, {}, 4);
  ASSERT_EQ(results.size(), 20U);
  for (int number = 0; number < 20; ++number) {
    const auto& result = results[static_cast<std::size_t>(number)];
    if (number == 7) {
      EXPECT_EQ(result.error().step, "seven");
    } else {
      EXPECT_EQ(result.value(), number * number);
    }
  }
  std::vector<std::function<int()>> none;
  EXPECT_TRUE(run_in_copies(none).empty());
}

TEST(GuardedFork, many_run_at_once_but_no_more_than_asked) {
  // Each takes a byte from the pipe as its place and gives it back: with two places, no third.
  Pipe places = Pipe::make().value();
  ASSERT_TRUE(write_to(places.write, "12"));
  const auto use_place = [&] {
    char place = 0;
    const bool had_place = read_from(places.read, std::span(&place, 1), 0s).has_value();
    ::usleep(500);
    return had_place && write_to(places.write, std::string_view(&place, 1)).has_value();
  };
  std::vector<std::function<bool()>> users(12, use_place);
  for (const auto& result : run_in_copies(users, {}, 2)) {
    EXPECT_TRUE(result.value());
  }
}

TEST(GuardedFork, still_runs_is_told_and_can_be_asked_again) {
  Pipe gate = Pipe::make().value();
  auto copy = guarded_fork([&] {
    char byte = 0;
    return read_from(gate.read, std::span(&byte, 1)).has_value();
  });
  EXPECT_EQ(copy->result(0s).error().code, ETIMEDOUT);
  EXPECT_EQ(copy->result(1ms).error().code, ETIMEDOUT);
  EXPECT_EQ(copy->end(), std::nullopt);
  ASSERT_TRUE(write_to(gate.write, "x"));
  EXPECT_TRUE(copy->result(30s).value());
  EXPECT_EQ(copy->result().error().code, EINVAL);
}

TEST(GuardedFork, deadline_ends_the_whole_tree) {
  Pipe life = Pipe::make().value();
  auto copy = guarded_fork(
      [&] {
        // A child and a grandchild that hold the pipe open as long as they live.
        auto child =
            Command::shell("sleep 1000 & sleep 1000").descriptor(9, life.write.get()).spawn();
        ::pause();
      },
      {.deadline = within(200ms)});
  ASSERT_TRUE(copy);
  life.write.reset();
  const auto late = copy->result();
  EXPECT_EQ(late.error().code, ETIMEDOUT);
  EXPECT_THAT(late.error().message(), HasSubstr("killed by SIGKILL"));
  EXPECT_EQ(copy->end(), CopyEnd::timed_out);
  EXPECT_EQ(read_to_end(life.read, 10, 30s).value(), "");
}

TEST(GuardedFork, what_the_function_leaves_running_in_its_group_ends_with_it) {
  Pipe life = Pipe::make().value();
  std::optional<Child> left;  // In the copy it is never let go of, which would start a thread.
  EXPECT_TRUE(run_in_copy([&] {
    left = Command("/bin/sleep").arg("1000").descriptor(9, life.write.get()).spawn().value();
  }));
  life.write.reset();
  EXPECT_EQ(read_to_end(life.read, 10, 30s).value(), "");
}

TEST(GuardedFork, a_dropped_copy_is_killed_and_reaped) {
  Pipe life = Pipe::make().value();
  {
    const auto copy = guarded_fork([&] {
      ::close(life.read.get());
      ::pause();
    });
    ASSERT_TRUE(copy);
    life.write.reset();
  }
  EXPECT_EQ(read_to_end(life.read, 10, 30s).value(), "");
}

TEST(GuardedFork, starts_without_handlers_and_without_blocked_signals) {
  const auto handler = SignalCounter::install({SIGUSR1}).value();
  const auto blocked = ScopedSignalMask::block({SIGUSR2, SIGTERM});
  auto copy = guarded_fork([] {
    struct sigaction now{};
    ::sigaction(SIGUSR1, nullptr, &now);
    return blocked_signals().empty() && now.sa_handler == SIG_DFL;
  });
  EXPECT_TRUE(copy->result().value());
  auto ended = guarded_fork([] { ::raise(SIGUSR1); });
  EXPECT_THAT(ended->result().error().message(), HasSubstr("killed by SIGUSR1"));
  EXPECT_EQ(handler.total(), 0U);
}

TEST(GuardedFork, keeps_only_the_descriptors_that_were_asked_for) {
  Pipe kept = Pipe::make().value();
  Pipe dropped = Pipe::make().value();
  const auto open = run_in_copy(
      [&] {
        return std::array{::fcntl(kept.write.get(), F_GETFD) >= 0,
                          ::fcntl(dropped.write.get(), F_GETFD) >= 0,
                          ::fcntl(STDERR_FILENO, F_GETFD) >= 0};
      },
      {.keep_descriptors = std::vector{1, 2, kept.write.get()}});
  EXPECT_EQ(open.value(), (std::array{true, false, true}));
  EXPECT_GE(::fcntl(dropped.write.get(), F_GETFD), 0);
}

TEST(GuardedFork, refuses_while_other_threads_live_unless_told_why_that_is_safe) {
  const Fd go = os::make_eventfd().value();
  const Fd is_there = os::make_eventfd().value();
  auto thread = start_thread({.name = "holds-a-lock"}, [&] {
    EXPECT_TRUE(os::signal_eventfd(is_there));
    return os::wait_readable(go, std::nullopt).has_value();
  });
  EXPECT_TRUE(os::wait_readable(is_there, std::nullopt).value());
  const auto refused = run_in_copy([] { return 1; });
  EXPECT_FALSE(refused.has_value());
  EXPECT_THAT(refused.has_value() ? "" : refused.error().message(),
              HasSubstr("another thread of this process (holds-a-lock)"));
  EXPECT_FALSE(run_in_copy([] { return 1; }, {.threads = AllowThreads{}}));
  EXPECT_EQ(run_in_copy([] { return 1; }, {.threads = AllowThreads{"it takes no locks"}}).value(),
            1);
  ASSERT_TRUE(os::signal_eventfd(go));
  EXPECT_TRUE(thread->join());
  EXPECT_EQ(run_in_copy([] { return 1; }).value(), 1);
}

TEST(GuardedFork, refuses_copies_of_copies_unless_they_are_meant) {
  const auto fork_again = [](std::uint32_t nested_max) {
    return [nested_max]() -> Result<int> {
      return run_in_copy([] { return 5; }, {.nested_max = nested_max});
    };
  };
  EXPECT_THAT(run_in_copy(fork_again(0)).error().message(), HasSubstr("is itself a copy"));
  EXPECT_EQ(run_in_copy(fork_again(1)).value(), 5);
}

TEST(GuardedFork, can_start_programs) {
  EXPECT_EQ(run_in_copy([]() -> Result<std::string> {
              auto output = Command("/bin/echo").arg("from a copy").capture();
              return output ? Result<std::string>(output->out) : std::unexpected(output.error());
            }).value(),
            "from a copy\n");
}

TEST(GuardedFork, is_told_when_somebody_kills_the_copy) {
  auto copy = guarded_fork([] { ::pause(); });
  ASSERT_TRUE(copy->child().signal(SIGKILL));
  EXPECT_THAT(copy->result(30s).error().message(), HasSubstr("killed by SIGKILL"));
  EXPECT_EQ(copy->end(), CopyEnd::killed);
}

TEST(GuardedFork, copy_ends_when_the_process_that_made_it_is_killed) {
  Pipe life = Pipe::make().value();
  auto outer = guarded_fork([&] {
    auto inner = guarded_fork([] { ::pause(); }, {.nested_max = 1});
    return inner ? inner->result().has_value() : false;
  });
  ASSERT_TRUE(outer);
  life.write.reset();
  ASSERT_TRUE(outer->child().signal(SIGKILL));
  EXPECT_FALSE(outer->result(30s));
  EXPECT_EQ(read_to_end(life.read, 10, 30s).value(), "");
}

}  // namespace
}  // namespace tend::test
