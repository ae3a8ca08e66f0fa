// Pipelines: every status, the ends of the pipes, and the end of all of them.

#include <gmock/gmock.h>
#include <unistd.h>
#include <tend/pipeline.hpp>
#include <tend/read_write.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "os/procfs.hpp"
#include "process/probe.hpp"
#include "support/processes.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Command exits(int code) { return Command::shell("cat >/dev/null; exit " + std::to_string(code)); }

PipelineOutput captured(const Pipeline& line) {
  auto output = line.capture();
  if (!output) {
    ADD_FAILURE() << output.error().message();
    return {};
  }
  return *std::move(output);
}

RunningPipeline started(const Pipeline& line) {
  auto running = line.spawn();
  if (!running) {
    ADD_FAILURE() << running.error().message();
    std::abort();
  }
  return *std::move(running);
}

TEST(Pipeline, gives_all_statuses_in_their_order) {
  const auto status = (exits(1) | exits(0) | exits(3)).status();
  ASSERT_TRUE(status.has_value()) << status.error().message();
  EXPECT_EQ(status->each, (std::vector<ExitStatus>{ExitStatus::exited(1), ExitStatus::exited(0),
                                                   ExitStatus::exited(3)}));
}

TEST(Pipeline, feeds_the_first_and_collects_the_last_and_the_stderr_of_each) {
  const PipelineOutput output =
      captured((Command::shell("echo a >&2; cat") | Command("/usr/bin/tr").args({"a-z", "A-Z"}) |
                Command::shell("cat; echo c >&2"))
                   .input("hello\n"));
  EXPECT_EQ(output.out, "HELLO\n");
  EXPECT_EQ(output.errs, (std::vector<std::string>{"a\n", "", "c\n"}));
  EXPECT_TRUE(output.status.overall().success());
  EXPECT_TRUE(output.is_complete);
}

TEST(Pipeline, of_one_is_a_command) {
  const PipelineOutput output = captured(Pipeline(Command::shell("cat; exit 4")).input("x"));
  EXPECT_EQ(output.out, "x");
  EXPECT_EQ(output.status.each, std::vector<ExitStatus>{ExitStatus::exited(4)});
}

TEST(Pipeline, stdin_is_dev_null_for_capture_unless_given) {
  EXPECT_EQ(captured(Command("/bin/cat") | Command("/bin/cat")).out, "");
}

TEST(Pipeline, twenty_megabytes_go_through_three) {
  const std::string bytes(20'000'000, 'x');
  const PipelineOutput output =
      captured((Command("/bin/cat") | Command("/bin/cat") | Command("/bin/cat")).input(bytes));
  EXPECT_TRUE(output.out == bytes);
}

TEST(Pipeline, a_reader_that_has_enough_ends_its_writer_by_sigpipe) {
  const PipelineOutput output =
      captured(Command("yes") | Command("head").args({"-n", "1"}) | Command("/bin/cat"));
  EXPECT_EQ(output.out, "y\n");
  EXPECT_EQ(output.status.each[0], ExitStatus::killed(SIGPIPE));
  EXPECT_TRUE(output.status.overall().success());
  EXPECT_EQ(output.status.overall(PipelineJudge::any_failure), ExitStatus::killed(SIGPIPE));
  EXPECT_TRUE(output.status.overall(PipelineJudge::any_but_pipe).success());
}

TEST(Pipeline, killing_the_last_ends_the_first_by_sigpipe) {
  RunningPipeline running = started(Command("yes") | Command("/bin/cat") |
                                    Command::shell("kill -STOP $$; cat >/dev/null"));
  ASSERT_TRUE(running.child(2).signal(SIGKILL).has_value());
  EXPECT_EQ(running.wait()->each,
            (std::vector<ExitStatus>{ExitStatus::killed(SIGPIPE), ExitStatus::killed(SIGPIPE),
                                     ExitStatus::killed(SIGKILL)}));
}

TEST(Pipeline, one_that_is_not_found_is_named_and_the_others_are_stopped) {
  const auto running = (Command::shell("sleep 1000 & sleep 1000") | Command("/no/such/program") |
                        Command("/bin/cat"))
                           .spawn();
  ASSERT_FALSE(running.has_value());
  EXPECT_EQ(running.error().code, ENOENT);
  EXPECT_THAT(running.error().message(), HasSubstr("/no/such/program"));
  for (const pid_t pid : descendants_of(::getppid())) {
    const auto stat = os::read_proc_stat(pid);
    EXPECT_TRUE(pid == ::getpid() || !stat || stat->is_zombie()) << describe_process(pid);
  }
}

TEST(Pipeline, members_have_no_ends_of_pipes_that_are_not_theirs) {
  const Command cat("/bin/cat");
  const Command empty("/bin/true");
  for (const Pipeline& line : {probe_command() | cat | cat, empty | probe_command() | cat,
                               empty | empty | probe_command()}) {
    EXPECT_EQ(parse_probe(captured(line).out).descriptor_numbers(),
              (std::vector<std::int64_t>{0, 1, 2}));
  }
}

TEST(Pipeline, spawn_gives_the_outer_ends) {
  RunningPipeline running =
      started(Command("/bin/cat").in(Stdio::pipe()) | Command("/bin/cat").out(Stdio::pipe()));
  ASSERT_TRUE(write_to(running.in(), "through\n").has_value());
  running.in().reset();
  EXPECT_EQ(read_to_end(running.out(), 100).value(), "through\n");
  EXPECT_EQ(running.wait()->overall(), ExitStatus::exited(0));
}

TEST(Pipeline, deadline_ends_the_trees_of_all_members) {
  const PipelineOutput output = captured((Command::shell("echo begun; sleep 1000 & sleep 1000") |
                                          Command::shell("cat; sleep 1000") | Command("/bin/cat"))
                                             .deadline(within(200ms).then(SIGTERM, 10s, SIGKILL)));
  EXPECT_TRUE(output.timed_out);
  EXPECT_EQ(output.out, "begun\n");
  EXPECT_TRUE(descendants_of(::getpid()).empty());
  const auto status =
      (Command::shell("sleep 1000; true") | Command("/bin/cat")).deadline(within(50ms)).status();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ETIMEDOUT);
}

TEST(Pipeline, stop_ends_all_members_with_their_trees) {
  RunningPipeline running = started(Command::shell("sleep 1000 & sleep 1000; true") |
                                    Command::shell("sleep 1000; true") | Command("/bin/cat"));
  const auto status = running.stop({.rungs = {{SIGTERM, 30s}}});
  ASSERT_TRUE(status.has_value()) << status.error().message();
  EXPECT_EQ(status->each[0], ExitStatus::killed(SIGTERM));
  EXPECT_TRUE(descendants_of(::getpid()).empty());
}

TEST(Pipeline, output_over_the_limit_can_end_all) {
  const PipelineOutput output =
      captured((Command("yes") | Command("/bin/cat")).output_limit(100'000, OverLimit::kill));
  EXPECT_EQ(output.out.size(), 100'000U);
  EXPECT_TRUE(output.is_cut);
}

TEST(Pipeline, what_a_member_cannot_have_at_its_place_is_refused) {
  const Command cat("/bin/cat");
  for (const Pipeline& line :
       {Pipeline(Command(cat).out(Stdio::null())) | cat, cat | Command(cat).in(Stdio::null()),
        cat | Command(cat).input("x"), cat | Command(cat).deadline(within(1s))}) {
    const auto status = line.status();
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, EINVAL);
  }
}

TEST(Pipeline, checked_names_the_member_that_failed) {
  const auto failed =
      captured(Command::shell("echo 'no space' >&2; exit 2") | Command("/bin/cat")).checked();
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message(), HasSubstr("/bin/sh: exited with 2: no space"));
  EXPECT_TRUE(captured(Command("yes") | Command("head").args({"-n", "1"})).checked().has_value());
  EXPECT_FALSE(captured(Command("/bin/true") | Command("/bin/false")).checked().has_value());
}

TEST(Pipeline, member_that_is_checked_must_succeed) {
  const Command fails = Command::shell("echo sorry >&2; exit 3").checked();
  const Pipeline line = Command("true") | fails | Command("cat");
  const auto captured = line.capture();
  ASSERT_FALSE(captured.has_value());
  EXPECT_EQ(captured.error().message(), "run /bin/sh: exited with 3: sorry");
  const auto status = (Command("true") | Command("false").checked() | Command("cat")).status();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message(), "run false: exited with 1");
  EXPECT_TRUE((Command("false") | Command("cat").checked()).status().has_value());
}

TEST(Pipeline, member_that_is_checked_may_die_of_sigpipe_unless_it_is_the_last) {
  EXPECT_TRUE((Command("yes").checked() | Command("true").checked()).status().has_value());
  const auto last = (Command("true") | Command::shell("kill -PIPE $$").checked()).capture();
  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().message(), "run /bin/sh: killed by SIGPIPE");
}

TEST(Pipeline, member_that_is_checked_is_named_when_the_deadline_ends_it) {
  const auto output = (Command("sleep").arg("1000").checked() | Command("cat"))
                          .deadline(within(20ms).then(SIGTERM, 30s, SIGKILL))
                          .capture();
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().message(), "run sleep: killed by SIGTERM at its deadline");
}

TEST(Pipeline, judges_pick_the_last_failure) {
  const PipelineStatus status{
      {ExitStatus::exited(1), ExitStatus::exited(2), ExitStatus::exited(0)}};
  EXPECT_EQ(status.overall(PipelineJudge::last), ExitStatus::exited(0));
  EXPECT_EQ(status.overall(PipelineJudge::any_failure), ExitStatus::exited(2));
  const PipelineStatus broken{{ExitStatus::exited(0), ExitStatus::killed(SIGPIPE)}};
  EXPECT_EQ(broken.overall(PipelineJudge::any_but_pipe), ExitStatus::killed(SIGPIPE));
}

TEST(Pipeline, is_a_value) {
  const Pipeline line = Command("a") | Command("b");
  EXPECT_EQ(line.members().size(), 2U);
  EXPECT_EQ(line, Command("a") | Command("b"));
  EXPECT_EQ((line | line).members().size(), 4U);
}

TEST(Pipeline, errors_of_many_starts_leak_nothing) {
  for (int count = 0; count < 100; ++count) {
    EXPECT_FALSE((Command("/bin/cat") | Command("/bin/cat") | Command("/no/such")).spawn());
  }
}

}  // namespace
}  // namespace tend::test
