// A command as a value that can be compared and shown.

#include <gmock/gmock.h>
#include <tend/command.hpp>

#include <chrono>

namespace tend::test {
namespace {

using namespace std::chrono_literals;

int nothing(void* /*context*/) { return 0; }

TEST(Description, plain_command_is_shown_as_one_would_type_it) {
  EXPECT_EQ(Command("git").args({"status", "-s"}).description(), "git status -s");
  EXPECT_EQ(Command("echo").args({"a b", "it's", ""}).description(), R"(echo 'a b' 'it'\''s' '')");
}

TEST(Description, variables_are_assignments_in_front) {
  EXPECT_EQ(Command("make").env("A", "x y").env_remove("B").description(),
            "A='x y' make  [without B]");
  EXPECT_EQ(Command("make").env_clear().env("A", "1").description(), "env -i A=1 make");
}

TEST(Description, all_that_was_set_is_named) {
  EXPECT_EQ(
      Command("sh")
          .name("-sh")
          .cwd("/src")
          .root("/jail")
          .in(Stdio::read("my file"))
          .out(Stdio::append("log"))
          .err(Stdio::same_as_out())
          .descriptor(5, 7)
          .new_group()
          .user(10, 20)
          .capabilities({10})
          .no_new_privileges()
          .umask(022)
          .nice(3)
          .cpus({0, 2})
          .oom_score(-5)
          .deadline(within(1500ms))
          .description(),
      "sh  [as -sh, in /src, root /jail, stdin from 'my file', stdout appended to log, stderr "
      "as stdout, 5 our 7, new group, user 10:20, only CAP_NET_BIND_SERVICE, no new "
      "privileges, umask 0022, nice 3, cpus 0 2, oom score -5, within 1500 ms]");
}

TEST(Description, control_characters_of_arguments_do_not_reach_a_terminal_raw) {
  EXPECT_EQ(Command("echo").arg("a\x1b[31m\n").description(), R"(echo 'a\x1b[31m\n')");
}

TEST(CommandValue, every_wish_makes_a_difference) {
  const Command plain("a");
  const std::vector<Command> others{
      Command(plain).root("/x"),
      Command(plain).terminal(),
      Command(plain).foreground(),
      Command(plain).capabilities({}),
      Command(plain).namespaces({.kinds = {Namespace::uts}}),
      Command(plain).scheduling(Scheduling::batch),
      Command(plain).oom_score(1),
      Command(plain).unsafe_pre_exec(nothing),
      Command(plain).signals({.ignore = {1}}),
      Command(plain).checked(),
      Command::from_descriptor(3, "a"),
  };
  for (const Command& other : others) {
    EXPECT_NE(other, plain) << other.description();
    EXPECT_EQ(Command(other), other);
  }
}

}  // namespace
}  // namespace tend::test
