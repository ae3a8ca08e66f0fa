// What people read: the table of status, the explanation of why, the verdicts of `up -d` and
// doctor.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/explanation.hpp"
#include "cli/findings.hpp"
#include "cli/readiness_verdict.hpp"
#include "cli/same_project.hpp"
#include "cli/slurm_finding.hpp"
#include "cli/start_order.hpp"
#include "cli/status_table.hpp"

namespace tend::cli {
namespace {

using service::LastExit;
using service::ProjectSpec;
using service::ServiceStatus;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(StatusTable, lines_up_and_shows_what_matters_last) {
  const std::vector<ServiceStatus> all = {
      {.name = "web",
       .state = "up",
       .ready = true,
       .pid = 12,
       .uptime_ms = 65'000,
       .reason = "running and ready"},
      {.name = "database",
       .state = "backoff",
       .restarts = 10,
       .last_exit = LastExit{.how = "exited", .code = 3, .text = "exited with 3"},
       .reason = "exited with 3; next start in 1.5s"},
  };
  EXPECT_THAT(status_lines(all, Painter(false)),
              ElementsAre("NAME      STATE    READY  PID  UPTIME  RESTARTS  LAST EXIT / REASON",
                          "web       up       yes    12   1m05s   0         -",
                          "database  backoff  -      -    -       10        exited with 3; next "
                          "start in 1.5s"));
}

TEST(Explanation, follows_the_chain_of_waiting_and_survives_a_circle) {
  const std::vector<ServiceStatus> all = {
      {.name = "web", .state = "waiting", .wanted = true, .waiting_for = {"db"}},
      {.name = "db", .state = "waiting", .waiting_for = {"disk", "web"}},
      {.name = "disk", .state = "failed", .reason = "exited with 1"},
  };
  const auto lines = explain("web", all, {});
  EXPECT_THAT(lines, Contains("web waits for db, which is waiting."));
  EXPECT_THAT(lines, Contains("  db waits for disk, which has failed: exited with 1."));
  EXPECT_THAT(lines, Contains("Next: it starts by itself when what it waits for is there."));
}

TEST(Explanation, says_since_when_and_what_comes_next) {
  const RealTime now{std::chrono::seconds(1'700'000'090)};
  const std::vector<ServiceStatus> all = {{.name = "web",
                                           .state = "backoff",
                                           .since_realtime_ns = 1'700'000'000'000'000'000,
                                           .next_attempt_ms = 1500}};
  EXPECT_THAT(
      explain("web", all, {.now = now}),
      ElementsAre("web is between two attempts (backoff), for 1m30s (since 2023-11-14T22:13:20Z).",
                  "Next: it is started again in 1.5s. `tend start web` tries at once."));
}

TEST(ReadinessVerdict, waits_for_what_is_on_its_way_only) {
  const std::vector<ServiceStatus> all = {
      {.name = "up", .state = "up", .ready = true},
      {.name = "starting", .state = "starting"},
      {.name = "late", .state = "backoff"},
      {.name = "backoff", .state = "backoff"},
      {.name = "cooling", .state = "cooling-down"},
      {.name = "task", .state = "done"},
      {.name = "in-vain", .state = "waiting", .waiting_for = {"also-in-vain"}},
      {.name = "also-in-vain", .state = "waiting", .waiting_for = {"cooling"}},
      {.name = "waiting", .state = "waiting", .waiting_for = {"starting"}},
  };
  EXPECT_THAT(
      judge(all, {{"late", true}}),
      ElementsAre(Standing::good, Standing::pending, Standing::bad, Standing::pending,
                  Standing::bad, Standing::good, Standing::bad, Standing::bad, Standing::pending));
}

TEST(StartOrder, puts_into_one_step_what_starts_side_by_side) {
  ProjectSpec project;
  project.services.resize(4);
  project.services[1].requires_ = {{.on = 0}};
  project.services[2].after = {0};
  project.services[3].requires_ = {{.on = 2}};
  project.services[3].kind = service::Kind::task;
  EXPECT_THAT(start_steps(project),
              ElementsAre(ElementsAre(0U), ElementsAre(1U, 2U), ElementsAre(3U)));
  EXPECT_EQ(count_words(project), "3 services, 1 task");
}

TEST(SameProject, the_environment_of_the_caller_is_no_change_of_the_file) {
  ProjectSpec running;
  running.services.resize(1);
  running.services[0].env = {"SHLVL=1", "PORT=80"};
  ProjectSpec present = running;
  present.services[0].env = {"SHLVL=2", "PORT=80"};
  ProjectSpec alone = running;
  alone.services[0].env = {"PORT=80"};
  EXPECT_TRUE(is_same_project(running, present, alone));
  alone.services[0].env = {"PORT=81"};
  EXPECT_FALSE(is_same_project(running, present, alone));
  alone.services[0].env = {};
  present.services[0].argv = {"other"};
  EXPECT_FALSE(is_same_project(running, present, alone));
}

TEST(Findings, name_the_means_and_what_to_do_where_something_is_missing) {
  os::DoctorProbes probes{.kernel = "6.1"};
  probes.spawn = {.has_clone3 = false, .shares_memory = false};
  probes.cgroup.refusal = "no cgroup2 is mounted";
  probes.durable_pipe = os::DurableMeans::plain;
  const auto all = findings(probes, refused("find", "tend-keeper", "it is not there"));
  for (const Finding& finding : all) {
    EXPECT_FALSE(finding.found.empty()) << finding.name;
    EXPECT_TRUE(finding.verdict == Verdict::missing || !finding.uses.empty()) << finding.name;
    EXPECT_TRUE(finding.verdict != Verdict::missing || !finding.advice.empty() ||
                finding.name == "events")
        << finding.name;
  }
  const auto named = [&all](std::string_view name) {
    return *std::ranges::find(all, name, &Finding::name);
  };
  EXPECT_EQ(named("tend-keeper").verdict, Verdict::missing);
  EXPECT_EQ(named("cgroup").verdict, Verdict::limited);
  EXPECT_THAT(named("cgroup").advice, HasSubstr("Delegate=yes"));
  EXPECT_THAT(named("starting processes").uses, HasSubstr("level 3"));
}

TEST(SlurmFinding, says_which_slurm_is_here_and_what_keeps_it_from_working) {
  const std::string version = "slurm-wlm 22.05.8";
  const auto missing = failed("exec", "srun", ENOENT);
  const auto broken = refused("run", "srun --version", "exited with 1: no configuration source");
  EXPECT_EQ(slurm_finding({.srun = missing, .sbatch = missing}).verdict, Verdict::ok);
  EXPECT_EQ(slurm_finding({.srun = version, .sbatch = version}).found, version);
  const Finding unconfigured = slurm_finding({.srun = broken, .sbatch = broken});
  EXPECT_EQ(unconfigured.verdict, Verdict::limited);
  EXPECT_THAT(unconfigured.found, HasSubstr("no configuration source"));
  EXPECT_THAT(unconfigured.advice, HasSubstr("SLURM_CONF"));
  EXPECT_EQ(slurm_finding({.srun = version, .sbatch = missing}).verdict, Verdict::limited);
}

}  // namespace
}  // namespace tend::cli
