#include "service/director/exec_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include "os/event_loop.hpp"
#include "service/director/probe.hpp"
#include "service/probe_fixture.hpp"
#include "support/temp_dir.hpp"

namespace tend::service {
namespace {

using namespace std::chrono_literals;
using test::ProbeTest;
using testing::HasSubstr;
using testing::StartsWith;

class ExecProbeTest : public ProbeTest {
 protected:
  ExecProbeTest() {
    spec_.cwd = directory_.path();
    spec_.env = {"PATH=/usr/bin:/bin", "GREETING=hello"};
  }

  /// The loop reaps what was killed.
  void TearDown() override {
    probe_.reset();
    until([&] { return loop_.watch_count() == 0; });
  }

  void run(const std::string& script, milliseconds every = 10ms, milliseconds timeout = 60s) {
    start({.means = ReadyMeans::exec,
           .exec = {"sh", "-c", script},
           .timeout = timeout,
           .every = every});
  }

  [[nodiscard]] bool exists(std::string_view name) const {
    return ::access((directory_ / name).c_str(), F_OK) == 0;
  }

  tend::test::TempDir directory_{};
};

TEST_F(ExecProbeTest, exit_code_0_is_ready) {
  run("test -e up || { touch tried; exit 7; }");
  until_problem("exit code 7");
  EXPECT_TRUE(exists("tried")) << "it runs in the directory of the service";
  directory_.write("up", "");
  until([&] { return ready_ == 1; });
  expect_idle();
}

TEST_F(ExecProbeTest, has_the_environment_of_the_service_and_no_more) {
  spec_.umask = 077;
  run("env > env; umask > umask; ls -l /proc/self/fd | grep -c /dev/null > descriptors");
  until([&] { return ready_ == 1; });
  EXPECT_THAT(tend::test::read_file(directory_ / "env"), HasSubstr("GREETING=hello\n"));
  EXPECT_EQ(tend::test::read_file(directory_ / "env").find("TEND_"), std::string::npos);
  EXPECT_EQ(tend::test::read_file(directory_ / "umask"), "0077\n");
}

TEST_F(ExecProbeTest, has_the_null_device_for_all_three_streams_and_nothing_else) {
  run("readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 > streams;"
      "test -e /proc/$$/fd/3 && touch more; true");
  until([&] { return ready_ == 1; });
  EXPECT_THAT(tend::test::read_file(directory_ / "streams"), StartsWith("/dev/null\n"));
  EXPECT_FALSE(exists("more"));
}

TEST_F(ExecProbeTest, has_the_identity_of_the_service) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  spec_.cwd = "/";
  spec_.identity = Identity{.uid = 65534, .gid = 65534, .groups = {}};
  run("test \"$(id -u):$(id -g):$(id -G)\" = 65534:65534:65534");
  until([&] { return ready_ == 1; });
}

TEST_F(ExecProbeTest, says_how_the_check_ended) {
  run("kill -SEGV $$");
  until([&] { return !probe_->last_problem().empty(); });
  EXPECT_THAT(probe_->last_problem(), StartsWith("killed by SIGSEGV"));
  probe_.reset();
  start({.means = ReadyMeans::exec, .exec = {"./missing"}, .every = 10ms});
  until([&] { return !probe_->last_problem().empty(); });
  EXPECT_THAT(probe_->last_problem(), HasSubstr("missing"));
  EXPECT_THAT(probe_->last_problem(), HasSubstr("No such file or directory"));
  until([&] { return probe_->attempts() >= 2; });
}

TEST_F(ExecProbeTest, without_a_command_it_is_never_ready) {
  start({.means = ReadyMeans::exec, .every = 10ms});
  until([&] { return probe_->attempts() >= 2; });
  EXPECT_FALSE(probe_->last_problem().empty());
}

TEST_F(ExecProbeTest, a_hanging_check_is_killed_with_all_that_it_started) {
  // The inner shell leaves the session, the inmost one loses its parent: the leak check of the test
  // would find any of them.
  run("(sleep 1000 & ) ; setsid sh -c 'sleep 1000; true' & touch hanging; sleep 1000; true", 1h);
  until([&] { return exists("hanging"); });
  pass(5001ms);
  EXPECT_EQ(probe_->last_problem(), "the check has not ended within 5s; killed");
  until([&] { return loop_.watch_count() == 0; });
}

TEST_F(ExecProbeTest, an_attempt_is_no_longer_than_the_readiness_timeout) {
  run("touch hanging; sleep 1000", 1h, 2s);
  until([&] { return exists("hanging"); });
  pass(2001ms);
  EXPECT_EQ(probe_->last_problem(), "the check has not ended within 2s; killed");
  until([&] { return loop_.watch_count() == 0; });
}

TEST_F(ExecProbeTest, what_an_ended_check_leaves_behind_is_killed) {
  run("sleep 1000 & exit 1", 1h);
  until_problem("exit code 1");
  EXPECT_EQ(loop_.watch_count(), 0U);
}

TEST_F(ExecProbeTest, stopping_kills_and_does_not_wait) {
  run("trap '' TERM HUP INT; touch hanging; while :; do sleep 1000; done");
  until([&] { return exists("hanging"); });
  probe_.reset();
  until([&] { return loop_.watch_count() == 0; });
  expect_idle();
}

TEST_F(ExecProbeTest, stopping_at_once_kills_a_check_that_has_not_begun) {
  for (int count = 0; count < 100; ++count) {
    run("sleep 1000");
    probe_.reset();
  }
}

TEST_F(ExecProbeTest, ends_when_the_director_is_killed) {
  // A director in the making: it starts the check, then is killed before it could end it.
  const pid_t director = ::fork();
  if (director == 0) {
    auto loop = os::EventLoop::make();
    const Readiness readiness{
        .means = ReadyMeans::exec,
        .exec = {"sh", "-c", "echo $$ > pid.new; mv pid.new pid; exec sleep 1000"}};
    const Probe probe(*loop, readiness, ProbeSurroundings{.spec = spec_, .started = {}}, [] {});
    ::pause();
    ::_exit(1);
  }
  until([&] { return exists("pid"); });
  const pid_t check = std::stoi(tend::test::read_file(directory_ / "pid"));
  EXPECT_EQ(::kill(check, 0), 0);
  ::kill(director, SIGKILL);
  ASSERT_EQ(::waitpid(director, nullptr, 0), director);
  until([&] { return ::kill(check, 0) != 0; });
}

}  // namespace
}  // namespace tend::service
