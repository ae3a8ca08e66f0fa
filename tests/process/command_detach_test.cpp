// A daemon: started twice, no child of ours, and its errors told all the same.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Detach : public EachLevel {};

/// Text that a detached program writes to descriptor 9, until it and all that it started have
/// ended.
std::string all_of(const Fd& pipe) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(pipe.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

TEST_P(Detach, daemon_is_no_child_and_leads_no_session) {
  os::Pipe result = os::make_pipe().value();
  os::Pipe go = os::make_pipe().value();
  const auto daemon = Command::shell("read go <&8; PROBE_TO=9 exec \"$0\"")
                          .arg(program("probe_child"))
                          .descriptor(8, go.read.get())
                          .descriptor(9, result.write.get())
                          .detach();
  ASSERT_TRUE(daemon.has_value()) << daemon.error().message();
  result.write.reset();
  EXPECT_EQ(::waitpid(daemon->pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  ASSERT_EQ(::write(go.write.get(), "go\n", 3), 3);
  const Probe probe = parse_probe(all_of(result.read));
  EXPECT_EQ(probe.pid, daemon->pid);
  EXPECT_NE(probe.parent, ::getpid());
  EXPECT_NE(probe.session, ::getsid(0));
  EXPECT_NE(probe.session, probe.pid);
  EXPECT_EQ(probe.group, probe.pid);
  EXPECT_EQ(probe.terminal.foreground, -1);
  EXPECT_THAT(probe.descriptor_numbers(), ElementsAre(0, 1, 2, 8, 9));
  EXPECT_EQ(probe.descriptors.at(0).inode, probe.descriptors.at(2).inode) << "/dev/null";
  if (daemon->pidfd) {
    EXPECT_TRUE(os::wait_for_exit(daemon->pidfd, std::nullopt).value());
  }
}

TEST_P(Detach, what_fails_before_exec_is_told_and_leaves_nothing) {
  const auto missing = Command("/no/such/daemon").detach();
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message(), "exec /no/such/daemon: No such file or directory");
  const auto group = Command("/bin/true").join_group(1 << 21).detach();
  ASSERT_FALSE(group.has_value());
  EXPECT_EQ(group.error().step, "setpgid");
  EXPECT_EQ(Command("/bin/true").cwd("/no/such").detach().error().step, "chdir");
}

int die(void* /*context*/) {
  ::kill(::getpid(), SIGKILL);
  return 0;
}

TEST_P(Detach, daemon_that_is_killed_before_exec_is_told_as_that) {
  const auto killed = Command("/bin/true").unsafe_pre_exec(die).detach();
  ASSERT_FALSE(killed.has_value());
  EXPECT_THAT(killed.error().message(), HasSubstr("before it could be executed"));
}

TEST_P(Detach, attributes_are_as_asked) {
  const TempDir directory;
  os::Pipe result = os::make_pipe().value();
  const auto daemon = probe_command()
                          .env("PROBE_TO", "9")
                          .descriptor(9, result.write.get())
                          .cwd("/")
                          .nice(5)
                          .out(Stdio::truncate(directory / "log"))
                          .new_session()
                          .detach();
  ASSERT_TRUE(daemon.has_value()) << daemon.error().message();
  result.write.reset();
  const Probe probe = parse_probe(all_of(result.read));
  EXPECT_EQ(probe.cwd, "/");
  EXPECT_EQ(probe.nice, 5);
  EXPECT_EQ(probe.session, daemon->pid);
  EXPECT_TRUE(std::filesystem::exists(directory / "log"));
}

TEST_P(Detach, in_namespaces_with_maps) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  os::Pipe result = os::make_pipe().value();
  const auto daemon = probe_command()
                          .env("PROBE_TO", "9")
                          .descriptor(9, result.write.get())
                          .namespaces({.kinds = {Namespace::user, Namespace::pid},
                                       .users = {{.inside = 3, .outside = 0}},
                                       .groups = {{.inside = 4, .outside = 0}}})
                          .detach();
  ASSERT_TRUE(daemon.has_value()) << daemon.error().message();
  result.write.reset();
  const Probe probe = parse_probe(all_of(result.read));
  EXPECT_EQ(probe.pid, 1);
  EXPECT_THAT(probe.uids, ElementsAre(3, 3, 3));
  EXPECT_THAT(probe.gids, ElementsAre(4, 4, 4));
}

TEST_P(Detach, a_hundred_failures_leave_no_zombie_and_no_descriptor) {
  for (int count = 0; count < repeats(100); ++count) {
    ASSERT_EQ(Command("/no/such").detach().error().code, ENOENT);
  }
}

TEST_P(Detach, what_needs_us_to_live_on_is_refused) {
  const Command plain("/bin/true");
  for (const Command& command :
       {Command(plain).out(Stdio::pipe()), Command(plain).input("x"), Command(plain).terminal(),
        Command(plain).deadline(within(std::chrono::seconds(1))), Command(plain).die_with_parent(),
        Command(plain).foreground()}) {
    const auto refused = command.detach();
    ASSERT_FALSE(refused.has_value()) << command.description();
    EXPECT_EQ(refused.error().code, EINVAL);
  }
}

TEND_AT_EACH_LEVEL(Detach);

}  // namespace
}  // namespace tend::test
