// A terminal of its own for a child, and the loan of ours.

#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Terminals : public EachLevel {};

/// The lines that were shown on a terminal, which ends each with "\r\n".
std::vector<std::string> shown_lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char byte : text) {
    if (byte == '\n') {
      lines.emplace_back();
    } else if (byte != '\r') {
      lines.back() += byte;
    }
  }
  lines.pop_back();
  return lines;
}

/// Up to and with a newline: a terminal gives line by line.
std::string line_from(const Fd& terminal) {
  std::string line;
  char byte = 0;
  while (::read(terminal.get(), &byte, 1) == 1 && byte != '\n') {
    line += byte;
  }
  return line;
}

TEST_P(Terminals, child_is_in_charge_of_its_own_terminal) {
  const auto output = probe_command().terminal({.rows = 33, .columns = 111}).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  const Probe probe = parse_probe(output->out);
  EXPECT_EQ(probe.session, probe.pid);
  EXPECT_EQ(probe.terminal.foreground, probe.pid);
  EXPECT_EQ(probe.terminal.rows, 33);
  EXPECT_EQ(probe.terminal.columns, 111);
  EXPECT_THAT(probe.terminal.streams, ElementsAre(1, 2)) << "capture() types nothing";
  EXPECT_THAT(probe.descriptor_numbers(), ElementsAre(0, 1, 2));
}

TEST_P(Terminals, spawned_child_can_be_typed_to) {
  auto child = Command::shell("tty -s && read -r word && echo \"got $word\"").terminal().spawn();
  ASSERT_TRUE(child.has_value()) << child.error().message();
  ASSERT_EQ(::write(child->terminal().get(), "hello\n", 6), 6);
  EXPECT_EQ(line_from(child->terminal()), "hello\r") << "the echo";
  EXPECT_EQ(line_from(child->terminal()), "got hello\r");
  EXPECT_TRUE(child->wait().value().success());
}

TEST_P(Terminals, control_c_reaches_the_child_and_not_us) {
  auto child = Command("/bin/cat").terminal().spawn();
  ASSERT_TRUE(child.has_value()) << child.error().message();
  ASSERT_EQ(::write(child->terminal().get(), "\x03", 1), 1);
  EXPECT_EQ(child->wait().value(), ExitStatus::killed(SIGINT));
}

TEST_P(Terminals, closing_our_end_hangs_up) {
  auto child = Command("/bin/cat").terminal().spawn();
  ASSERT_TRUE(child.has_value());
  child->terminal().reset();
  EXPECT_EQ(child->wait().value(), ExitStatus::killed(SIGHUP));
}

TEST_P(Terminals, stream_that_was_set_stays_as_it_was_set) {
  const auto output = Command::shell("cat; tty -s <&1 && echo shown; test -t 2 || echo plain >&2")
                          .terminal()
                          .input("fed\n")
                          .err(Stdio::pipe())
                          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_THAT(shown_lines(output->out), ElementsAre("fed", "shown"));
  EXPECT_EQ(output->err, "plain\n");
}

TEST_P(Terminals, deadline_ends_a_child_on_a_terminal) {
  const auto output = Command::shell("echo on; sleep 1000")
                          .terminal()
                          .deadline(within(std::chrono::milliseconds(300)))
                          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_TRUE(output->timed_out);
  EXPECT_THAT(shown_lines(output->out), ElementsAre("on"));
}

TEST_P(Terminals, what_nobody_would_read_is_refused) {
  EXPECT_EQ(probe_command().terminal().status().error().code, EINVAL);
  EXPECT_EQ(probe_command().terminal().out(Stdio::null()).capture().error().code, EINVAL);
  EXPECT_EQ(probe_command().terminal().join_group(::getpgrp()).spawn().error().code, EINVAL);
}

TEST_P(Terminals, foreground_is_lent_and_comes_back_without_a_stop) {
  const auto output = Command(program("lend_terminal"))
                          .arg(program("probe_child"))
                          .terminal()
                          .deadline(within(std::chrono::seconds(30)))
                          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  const auto lines = shown_lines(output->out);
  ASSERT_EQ(lines.size(), 2U) << output->out;
  const Probe probe = parse_probe(lines[0]);
  EXPECT_EQ(probe.group, probe.pid);
  EXPECT_EQ(probe.terminal.foreground, probe.pid);
  EXPECT_NE(probe.session, probe.pid);
  EXPECT_EQ(lines[1], "lent 1 back 1");
}

TEST_P(Terminals, foreground_without_a_terminal_is_enxio) {
  // In a session of its own, which has none.
  const auto output =
      Command(program("lend_terminal")).arg(program("probe_child")).new_session().capture();
  ASSERT_TRUE(output.has_value());
  EXPECT_THAT(output->out, HasSubstr("no controlling terminal"));
  const auto refused = probe_command().foreground().new_session().spawn();
  ASSERT_FALSE(refused.has_value());
}

TEST_P(Terminals, child_without_one_has_none) {
  const Probe probe = run_probe(probe_command().new_session());
  EXPECT_EQ(probe.terminal.foreground, -1);
  EXPECT_THAT(probe.terminal.streams, IsEmpty());
}

TEND_AT_EACH_LEVEL(Terminals);

}  // namespace
}  // namespace tend::test
