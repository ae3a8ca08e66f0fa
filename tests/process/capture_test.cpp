// capture(): all the output, or what came until the deadline, and never a hang.

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "process/probe.hpp"
#include "support/processes.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

Output captured(const Command& command) {
  auto output = command.capture();
  if (!output) {
    ADD_FAILURE() << output.error().message();
    return {};
  }
  return *std::move(output);
}

TEST(Capture, collects_both_streams_and_the_status) {
  const Output output = captured(Command::shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(output.out, "out\n");
  EXPECT_EQ(output.err, "err\n");
  EXPECT_EQ(output.status, ExitStatus::exited(3));
  EXPECT_TRUE(output.is_complete);
  EXPECT_FALSE(output.timed_out);
}

TEST(Capture, input_is_dev_null_unless_given) {
  EXPECT_EQ(captured(Command("/bin/cat")).out, "");
  EXPECT_EQ(captured(Command("/bin/cat").input("")).out, "");
}

TEST(Capture, twenty_megabytes_go_in_and_come_out) {
  std::string bytes(20'000'000, 'x');
  for (std::size_t at = 0; at < bytes.size(); at += 4099) {
    bytes[at] = static_cast<char>(at);
  }
  const Output output = captured(Command("/bin/cat").input(bytes));
  EXPECT_TRUE(output.out == bytes);
}

TEST(Capture, much_on_stderr_before_the_input_is_read) {
  const Output output = captured(
      Command::shell("head -c 1000000 /dev/zero >&2; cat").input(std::string(300'000, 'i')));
  EXPECT_EQ(output.err.size(), 1'000'000U);
  EXPECT_EQ(output.out.size(), 300'000U);
}

TEST(Capture, bytes_are_untouched) {
  EXPECT_EQ(captured(Command("printf").arg("a\\r\\n\\0b")).out, std::string("a\r\n\0b", 5));
}

TEST(Capture, grandchild_that_keeps_the_pipe_does_not_hold_it_up) {
  const auto begin = std::chrono::steady_clock::now();
  const Output output =
      captured(Command::shell("sleep 1000 & echo hello").new_group().linger(50ms));
  EXPECT_EQ(output.out, "hello\n");
  EXPECT_EQ(output.status, ExitStatus::exited(0));
  EXPECT_FALSE(output.is_complete);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  for (const pid_t pid : children_of(::getppid())) {
    if (pid != ::getpid()) {
      ::kill(pid, SIGKILL);
    }
  }
}

TEST(Capture, deadline_bounds_the_draining_and_ends_the_grandchild) {
  const Output output =
      captured(Command::shell("sleep 1000 & echo hello").linger(1000s).deadline(within(200ms)));
  EXPECT_EQ(output.out, "hello\n");
  EXPECT_TRUE(output.timed_out);
  EXPECT_EQ(output.status, ExitStatus::exited(0));
}

TEST(Capture, deadline_ends_the_whole_tree) {
  const Output output = captured(Command::shell("echo before; sleep 1000; echo after")
                                     .deadline(within(200ms).then(SIGTERM, 10s, SIGKILL)));
  EXPECT_EQ(output.out, "before\n");
  EXPECT_TRUE(output.timed_out);
  EXPECT_EQ(output.status, ExitStatus::killed(SIGTERM));
  EXPECT_TRUE(descendants_of(::getpid()).empty());
}

TEST(Capture, deadline_climbs_down_to_kill) {
  const Output output =
      captured(Command::shell("trap '' TERM; echo deaf; while :; do sleep 1000; done")
                   .deadline(within(300ms).then(SIGTERM, 20ms, SIGKILL)));
  EXPECT_TRUE(output.timed_out);
  EXPECT_EQ(output.status, ExitStatus::killed(SIGKILL));
}

TEST(Capture, output_beyond_the_limit_is_cut) {
  const Output output =
      captured(Command::shell("head -c 300000 /dev/zero; echo x >&2").output_limit(1000));
  EXPECT_EQ(output.out.size(), 1000U);
  EXPECT_TRUE(output.is_cut);
  EXPECT_TRUE(output.status.success());
}

TEST(Capture, output_beyond_the_limit_can_end_the_child) {
  const Output output = captured(Command("yes").output_limit(1'000'000, OverLimit::kill));
  EXPECT_EQ(output.out.size(), 1'000'000U);
  EXPECT_TRUE(output.is_cut);
  EXPECT_EQ(output.status, ExitStatus::killed(SIGKILL));
}

TEST(Capture, checked_makes_a_failure_an_error_that_tells_why) {
  const auto failed =
      captured(Command::shell("echo 'first'>&2; echo 'no space' >&2; exit 4")).checked();
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message(), testing::HasSubstr("exited with 4: no space"));
  EXPECT_TRUE(captured(Command("/bin/true")).checked().has_value());
}

TEST(Status, deadline_is_an_error_and_the_tree_is_gone) {
  const auto status = Command::shell("sleep 1000; true").deadline(within(100ms)).status();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ETIMEDOUT);
}

TEST(Status, deadline_ends_children_and_grandchildren_too) {
  const auto status = Command::shell("sh -c 'sleep 1000 & wait' & sleep 1000 & wait")
                          .deadline(within(100ms))
                          .status();
  ASSERT_FALSE(status.has_value());
  EXPECT_TRUE(descendants_of(::getpid()).empty());
}

TEST(Status, checked_makes_a_failure_an_error_that_names_the_program) {
  const auto failed = Command("/bin/sh").args({"-c", "exit 4"}).checked().status();
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message(), "run /bin/sh: exited with 4");
  EXPECT_TRUE(Command("/bin/true").checked().status().has_value());
}

TEST(Capture, checked_command_names_the_program_and_its_last_words) {
  const auto failed = Command::shell("echo why >&2; exit 4").checked().capture();
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message(), "run /bin/sh: exited with 4: why");
}

TEST(Status, feeds_input) {
  EXPECT_EQ(Command::shell("read x; exit $x").input("6\n").status().value(), ExitStatus::exited(6));
}

TEST(Spawn, pipes_allow_a_chatty_exchange) {
  auto child = Command("/bin/cat").in(Stdio::pipe()).out(Stdio::pipe()).spawn();
  ASSERT_TRUE(child.has_value());
  for (int count = 0; count < 10'000; ++count) {
    const std::string line = std::to_string(count) + "\n";
    ASSERT_EQ(::write(child->in().get(), line.data(), line.size()),
              static_cast<ssize_t>(line.size()));
    std::string answer(line.size(), '\0');
    ASSERT_EQ(::read(child->out().get(), answer.data(), answer.size()),
              static_cast<ssize_t>(line.size()));
    ASSERT_EQ(answer, line);
  }
  child->in().reset();
  EXPECT_TRUE(child->wait().value().success());
}

TEST(WaitWithOutput, feeds_and_collects_a_child_that_was_spawned) {
  auto child = Command::shell("cat; echo err >&2; exit 3")
                   .in(Stdio::pipe())
                   .out(Stdio::pipe())
                   .err(Stdio::pipe())
                   .spawn();
  ASSERT_TRUE(child.has_value());
  const std::string bytes(1'000'000, 'b');
  const Output output = child->wait_with_output(bytes).value();
  EXPECT_TRUE(output.out == bytes);
  EXPECT_EQ(output.err, "err\n");
  EXPECT_EQ(output.status, ExitStatus::exited(3));
  EXPECT_EQ(child->wait().value(), ExitStatus::exited(3)) << "as often as wanted";
}

TEST(WaitWithOutput, keeps_the_deadline_and_the_limit_of_its_command) {
  auto late = Command::shell("echo before; sleep 1000")
                  .out(Stdio::pipe())
                  .deadline(within(200ms).then(SIGTERM, 10s, SIGKILL))
                  .spawn();
  const Output stopped = late->wait_with_output().value();
  EXPECT_TRUE(stopped.timed_out);
  EXPECT_EQ(stopped.out, "before\n");
  auto wordy = Command("yes").out(Stdio::pipe()).output_limit(1000, OverLimit::kill).spawn();
  const Output cut = wordy->wait_with_output().value();
  EXPECT_EQ(cut.out.size(), 1000U);
  EXPECT_TRUE(cut.is_cut);
}

TEST(WaitWithOutput, sinks_get_every_byte_and_then_the_end) {
  std::string out;
  std::vector<std::string> lines;
  int ends = 0;
  auto child = Command::shell("printf 'a\\nb'; seq 1 100000; echo one >&2; printf two >&2")
                   .out(Stdio::pipe())
                   .err(Stdio::pipe())
                   .output_limit(10)
                   .spawn();
  ASSERT_TRUE(child.has_value());
  const auto take = [&](std::string_view bytes) {
    out += bytes;
    ends += bytes.empty() ? 1 : 0;
  };
  const auto note = [&](const Line& line) { lines.push_back(line.text); };
  const Output output = child->wait_with_output({}, {.out = take, .err = by_line(note)}).value();
  EXPECT_EQ(out.size(), 588'898U);
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(output.out + output.err, "");
  EXPECT_FALSE(output.is_cut);
}

TEST(WaitWithOutput, input_without_a_pipe_is_refused) {
  auto child = Command("/bin/true").spawn();
  EXPECT_EQ(child->wait_with_output("x").error().code, EBADF);
  EXPECT_TRUE(child->wait().has_value());
}

}  // namespace
}  // namespace tend::test
