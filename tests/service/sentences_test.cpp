#include "service/director/sentences.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/raw/spawn_step.hpp"

namespace tend::service {

namespace {

using namespace std::chrono_literals;
using os::raw::packed_step;
using os::raw::SpawnStep;

constexpr std::int64_t second = 1'000'000'000;

const ServiceSpec web{.name = "web", .argv = {"/srv/web", "--port", "80"}, .cwd = "/srv"};

TEST(last_exit, says_code_signal_and_core) {
  EXPECT_EQ(last_exit({.how = Outcome::How::exited, .value = 3}, web)->text, "exited with 3");
  EXPECT_EQ(last_exit({.how = Outcome::How::killed, .value = 15}, web)->signal, "SIGTERM");
  EXPECT_EQ(last_exit({.how = Outcome::How::dumped, .value = 11}, web)->text,
            "killed by SIGSEGV (core dumped)");
  EXPECT_FALSE(last_exit({}, web)) << "it never ended";
  EXPECT_EQ(last_exit({.how = Outcome::How::unknown}, web)->how, "unknown");
}

TEST(last_exit, a_failed_step_names_step_subject_and_errno) {
  const auto missing = last_exit(
      {.how = Outcome::How::not_started, .value = ENOENT, .step = packed_step(SpawnStep::exec, 0)},
      web);
  EXPECT_TRUE(missing->text.starts_with("exec /srv/web")) << missing->text;
  EXPECT_NE(missing->text.find("No such file or directory"), std::string::npos) << missing->text;
  const auto elsewhere = last_exit({.how = Outcome::How::not_started,
                                    .value = EACCES,
                                    .step = packed_step(SpawnStep::directory, 0)},
                                   web);
  EXPECT_EQ(elsewhere->text, "chdir /srv: Permission denied");
}

TEST(reason, backoff_says_how_it_ended_and_when_it_goes_on) {
  const ServiceState state{.phase = Phase::backoff,
                           .cause = Cause::exited,
                           .last = {.how = Outcome::How::exited, .value = 3},
                           .deadline_ns = 7 * second};
  EXPECT_EQ(reason(state, web, {.now_ns = 5 * second}), "exited with 3; next start in 2.0s");
}

TEST(reason, waiting_names_those_it_waits_for) {
  EXPECT_EQ(reason({.phase = Phase::waiting}, web, {.waiting_for = {"db", "cache"}}),
            "waiting for db, cache");
}

TEST(reason, starting_says_what_is_awaited_and_the_last_answer) {
  ServiceSpec probed = web;
  probed.ready = {.means = ReadyMeans::tcp, .host = "127.0.0.1", .port = 80};
  const ServiceState state{
      .phase = Phase::starting, .leader = Leader::alive, .deadline_ns = 61 * second};
  EXPECT_EQ(reason(state, probed, {.now_ns = second, .problem = "connection refused"}),
            "running, and waiting for 127.0.0.1:80 to accept connections (for 1m00s more); last "
            "answer: connection refused");
}

TEST(reason, a_stuck_service_says_that_it_is_stuck) {
  const ServiceState state{.phase = Phase::stopping, .leader = Leader::alive, .stop_stage = 1};
  EXPECT_NE(reason(state, web, {}).find("stuck"), std::string::npos);
}

TEST(happening, tells_starts_failures_and_recoveries_but_no_steps_between) {
  const ServiceState asked{.phase = Phase::starting, .leader = Leader::asked};
  const ServiceState alive{.phase = Phase::up, .leader = Leader::alive};
  EXPECT_EQ(happening(asked, alive, web, {.pid = 42}).text, "started (pid 42)");
  EXPECT_TRUE(happening({.phase = Phase::waiting}, asked, web, {}).text.empty());

  const ServiceState crashed{.phase = Phase::backoff,
                             .cause = Cause::exited,
                             .last = {.how = Outcome::How::killed, .value = 9},
                             .deadline_ns = second};
  const Happening crash = happening(alive, crashed, web, {});
  EXPECT_TRUE(crash.is_bad);
  EXPECT_TRUE(crash.text.starts_with("killed by SIGKILL")) << crash.text;
}

TEST(happening, an_end_without_a_pause_behind_it_is_told) {
  const ServiceState up{.phase = Phase::up, .leader = Leader::alive};
  ServiceState again{.phase = Phase::starting,
                     .cause = Cause::exited,
                     .leader = Leader::asked,
                     .restarts = 1,
                     .last = {.how = Outcome::How::exited, .value = 3}};
  const Happening restarted = happening(up, again, web, {});
  EXPECT_EQ(restarted.text, "exited with 3; restarted at once");
  EXPECT_TRUE(restarted.is_bad);
  again.phase = Phase::waiting;
  EXPECT_EQ(happening(up, again, web, {.waiting_for = {"db"}}).text,
            "exited with 3; waiting for db");
}

TEST(exit_code_of, is_what_a_shell_would_say) {
  EXPECT_EQ(exit_code_of({.how = Outcome::How::exited, .value = 42}), 42);
  EXPECT_EQ(exit_code_of({.how = Outcome::How::killed, .value = 9}), 137);
  EXPECT_EQ(exit_code_of({.how = Outcome::How::not_started, .value = ENOENT}), 127);
  EXPECT_EQ(exit_code_of({.how = Outcome::How::not_started, .value = EACCES}), 126);
}

}  // namespace

}  // namespace tend::service
