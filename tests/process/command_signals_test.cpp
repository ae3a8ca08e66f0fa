// The signal state of a child is clean, and starting one disturbs no signal of the parent.

#include <gmock/gmock.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "os/signals.hpp"
#include "process/probe.hpp"

namespace tend::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Signals : public EachLevel {};

/// A disposition or mask for a while.
class Ignored {
 public:
  explicit Ignored(int number) : number_(number) { ::signal(number, SIG_IGN); }
  ~Ignored() { ::signal(number_, SIG_DFL); }
  Ignored(const Ignored&) = delete;
  Ignored& operator=(const Ignored&) = delete;

 private:
  int number_;
};

TEST_P(Signals, mask_of_the_child_is_empty_whatever_the_parent_blocks) {
  const SignalSet before = os::set_signal_mask({SIGTERM, SIGCHLD, SIGUSR1});
  const Probe clean = run_probe(probe_command());
  const Probe inherited = run_probe(probe_command().signals({.mask = std::nullopt}));
  const Probe chosen = run_probe(probe_command().signals({.mask = SignalSet{SIGINT}}));
  EXPECT_EQ(os::set_signal_mask(before), (SignalSet{SIGTERM, SIGCHLD, SIGUSR1}));
  EXPECT_THAT(clean.blocked, IsEmpty());
  EXPECT_THAT(inherited.blocked, ElementsAre(SIGUSR1, SIGTERM, SIGCHLD));
  EXPECT_THAT(chosen.blocked, ElementsAre(SIGINT));
}

TEST_P(Signals, ignored_standard_signals_are_reset_but_for_hup) {
  const Ignored hup(SIGHUP);
  const Ignored pipe(SIGPIPE);
  const Ignored quit(SIGQUIT);
  const Ignored realtime(SIGRTMIN + 3);
  EXPECT_THAT(run_probe(probe_command()).ignored, ElementsAre(SIGHUP, SIGRTMIN + 3));
  EXPECT_THAT(run_probe(probe_command().signals({.keep_ignored = {}})).ignored, IsEmpty());
  EXPECT_THAT(run_probe(probe_command().signals({.keep_ignored = SignalSet::all()})).ignored,
              ElementsAre(SIGHUP, SIGQUIT, SIGPIPE, SIGRTMIN + 3));
}

TEST_P(Signals, signals_can_be_ignored_from_the_start) {
  const Probe probe = run_probe(probe_command().signals({.ignore = {SIGINT, SIGPIPE}}));
  EXPECT_THAT(probe.ignored, ElementsAre(SIGINT, SIGPIPE));
}

TEST_P(Signals, writer_to_a_closed_pipe_dies_although_the_parent_ignores_sigpipe) {
  const Ignored pipe(SIGPIPE);
  const auto output = Command::shell("(yes; echo $? >&2) | head -n 1").capture();
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, "y\n");
  EXPECT_EQ(output->err, "141\n");
}

TEST_P(Signals, mask_of_the_caller_is_the_same_after_success_and_failure) {
  const SignalSet before = os::signal_mask();
  EXPECT_TRUE(Command("/bin/true").status().has_value());
  EXPECT_FALSE(Command("/no/such").status().has_value());
  EXPECT_FALSE(Command("/bin/true").cwd("/no/such").status().has_value());
  EXPECT_EQ(os::signal_mask(), before);
}

std::atomic<pid_t> storm_owner = 0;
std::atomic<int> handled = 0;
std::atomic<int> handled_elsewhere = 0;

void on_storm(int /*number*/) {
  ++handled;
  if (::getpid() != storm_owner) {
    ++handled_elsewhere;
  }
}

TEST_P(Signals, storm_of_signals_reaches_no_child_and_surfaces_nowhere) {
  storm_owner = ::getpid();
  struct sigaction action{};
  action.sa_handler = on_storm;  // Without SA_RESTART: every call that can be interrupted is.
  struct sigaction before{};
  ::sigaction(SIGALRM, &action, &before);
  const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 200},
                        .it_value = {.tv_sec = 0, .tv_usec = 200}};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  int failures = 0;
  for (int count = 0; count < repeats(500); ++count) {
    const auto output = Command("/bin/echo").arg("x").capture();
    if (!output || output->out != "x\n" || !output->status.success()) {
      ++failures;
    }
  }
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(failures, 0);
  EXPECT_GT(handled, 0);
  EXPECT_EQ(handled_elsewhere, 0);
}

TEST_P(Signals, child_that_closes_its_input_early_is_no_sigpipe_for_us) {
  const auto output =
      Command::shell("exec <&-; echo done").input(std::string(1'000'000, 'x')).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out, "done\n");
  EXPECT_TRUE(os::pending_signals().empty());
}

TEST_P(Signals, status_is_right_or_lost_by_name_when_the_host_ignores_sigchld) {
  const Ignored child_signal(SIGCHLD);
  auto child = Command::shell("exit 7").spawn();
  ASSERT_TRUE(child.has_value());
  const auto status = child->wait();
  if (status) {
    EXPECT_EQ(*status, ExitStatus::exited(7));
  } else {
    EXPECT_EQ(status.error().code, ECHILD);
    EXPECT_THAT(status.error().detail, testing::HasSubstr("status lost"));
  }
  EXPECT_FALSE(Command("/no/such").spawn().has_value());
}

TEND_AT_EACH_LEVEL(Signals);

}  // namespace
}  // namespace tend::test
