// Waiting for a child, signalling it, ending its tree, letting go of it.

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "os/cgroup.hpp"
#include "os/process_group.hpp"
#include "os/procfs.hpp"
#include "process/probe.hpp"
#include "support/processes.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

bool is_alive(pid_t pid) {
  const auto stat = os::read_proc_stat(pid);
  return stat && !stat->is_zombie();
}

TEST(Child, every_exit_code_arrives) {
  for (int code = 0; code < 256; ++code) {
    EXPECT_EQ(Command::shell("exit " + std::to_string(code)).status().value(),
              ExitStatus::exited(code));
  }
}

TEST(Child, fatal_signals_are_told_with_the_core_flag) {
  for (const int number :
       {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT,  SIGBUS,       SIGFPE,  SIGKILL,
        SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE,   SIGALRM, SIGTERM,  SIGSTKFLT,    SIGXCPU, SIGXFSZ,
        SIGPROF, SIGIO,   SIGPWR,  SIGVTALRM, SIGSYS,  SIGRTMIN, SIGRTMIN + 1, SIGRTMAX}) {
    const ExitStatus status = Command::shell("kill -" + std::to_string(number) + " $$")
                                  .limit(Resource::core, 0, unlimited)
                                  .status()
                                  .value();
    EXPECT_EQ(status.signal(), number);
    EXPECT_EQ(status.code(), std::nullopt);
    EXPECT_EQ(status.shell_code(), 128 + number);
  }
  const ExitStatus aborted =
      Command::shell("kill -ABRT $$").limit(Resource::core, 0, unlimited).status().value();
  EXPECT_EQ(aborted.signal(), SIGABRT);
}

TEST(Child, second_wait_gives_the_same_status) {
  Child child = started(Command::shell("exit 3"));
  EXPECT_EQ(child.wait().value(), ExitStatus::exited(3));
  EXPECT_EQ(child.wait().value(), ExitStatus::exited(3));
  EXPECT_EQ(child.try_wait().value(), ExitStatus::exited(3));
  EXPECT_TRUE(child.usage().has_value());
}

TEST(Child, timed_wait_returns_nothing_while_it_runs_and_the_status_when_it_ends) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  EXPECT_EQ(child.try_wait().value(), std::nullopt);
  EXPECT_EQ(child.wait_for(5ms).value(), std::nullopt);
  child.in().reset();
  EXPECT_EQ(child.wait_for(30s).value(), ExitStatus::exited(0));
}

TEST(Child, timed_wait_wakes_only_for_the_end_or_the_time) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  const auto wakes = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
  };
  const long before = wakes();
  EXPECT_EQ(child.wait_for(200ms).value(), std::nullopt);
  EXPECT_LE(wakes() - before, 5);
  child.in().reset();
  EXPECT_EQ(child.wait_for(30s).value(), ExitStatus::exited(0));
}

TEST(Child, threads_that_wait_stop_and_signal_at_once_agree_on_the_end) {
  for (int round = 0; round < 20; ++round) {
    Child child = started(Command::shell("sleep 1000 & echo; wait").out(Stdio::pipe()).new_group());
    static_cast<void>(line_from(child));  // Who is born while it is being stopped is another story.
    std::vector<std::optional<ExitStatus>> seen(4);
    std::vector<std::thread> threads;
    threads.emplace_back([&] { seen[0] = child.wait().value(); });
    threads.emplace_back([&] { seen[1] = child.wait_for(30s).value(); });
    threads.emplace_back([&] { seen[2] = child.stop({.rungs = {{SIGTERM, 30s}}}).value(); });
    threads.emplace_back([&] {
      while (!(seen[3] = child.try_wait().value())) {
        EXPECT_TRUE(child.signal(0).has_value());
      }
      EXPECT_TRUE(child.signal(SIGKILL).has_value());
    });
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(seen, (std::vector<std::optional<ExitStatus>>(4, ExitStatus::killed(SIGTERM))));
  }
}

TEST(Child, suspend_and_resume_reach_it_alone_or_with_everything_below) {
  Child child =
      started(Command::shell("sleep 1000 & echo $!; wait").out(Stdio::pipe()).new_group());
  const pid_t below = std::stoi(line_from(child));
  const auto state_of = [](pid_t pid) { return os::read_proc_stat(pid).value().state; };
  ASSERT_TRUE(child.suspend().has_value());
  while (state_of(child.pid()) != 'T') {
    ::usleep(1000);
  }
  EXPECT_NE(state_of(below), 'T');
  ASSERT_TRUE(child.suspend_tree().has_value());
  while (state_of(below) != 'T') {
    ::usleep(1000);
  }
  EXPECT_EQ(child.try_wait().value(), std::nullopt);
  ASSERT_TRUE(child.resume_tree().has_value());
  while (state_of(below) == 'T' || state_of(child.pid()) == 'T') {
    ::usleep(1000);
  }
  EXPECT_EQ(child.stop({.rungs = {{SIGTERM, 30s}}}).value(), ExitStatus::killed(SIGTERM));
}

TEST(Child, two_threads_that_wait_get_the_same_status_when_a_third_kills) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  std::vector<std::thread> waiting;
  std::vector<std::optional<ExitStatus>> seen(2);
  for (auto& status : seen) {
    waiting.emplace_back([&child, &status] { status = child.wait().value(); });
  }
  EXPECT_TRUE(child.signal(SIGKILL).has_value());
  for (std::thread& thread : waiting) {
    thread.join();
  }
  EXPECT_EQ(seen[0], ExitStatus::killed(SIGKILL));
  EXPECT_EQ(seen[1], ExitStatus::killed(SIGKILL));
  EXPECT_TRUE(child.signal(SIGKILL).has_value()) << "after the reap it reaches nobody";
}

TEST(Child, usage_can_be_asked_for_while_another_thread_waits) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  std::atomic<pid_t> waiter = 0;
  std::thread waiting([&] {
    waiter = ::gettid();
    EXPECT_EQ(child.wait().value(), ExitStatus::exited(0));
  });
  while (waiter == 0 || os::read_proc_stat(waiter).value().state != 'S') {
    ::usleep(1000);
  }
  EXPECT_FALSE(child.usage());
  EXPECT_EQ(child.try_wait().value(), std::nullopt);
  child.in().reset();
  waiting.join();
  EXPECT_TRUE(child.usage());
}

TEST(Child, stop_and_continue_do_not_end_a_wait) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  ASSERT_TRUE(child.signal(SIGSTOP).has_value());
  EXPECT_EQ(child.wait_for(10ms).value(), std::nullopt);
  ASSERT_TRUE(child.signal(SIGCONT).has_value());
  EXPECT_EQ(child.wait_for(10ms).value(), std::nullopt);
  child.in().reset();
  EXPECT_EQ(child.wait().value(), ExitStatus::exited(0));
}

TEST(Child, wait_does_not_wait_for_a_grandchild_that_holds_the_pipe) {
  Child child = started(Command::shell("sleep 0.2 & echo $!").out(Stdio::pipe()).in(Stdio::pipe()));
  EXPECT_FALSE(line_from(child).empty());
  EXPECT_EQ(child.wait().value(), ExitStatus::exited(0));
}

TEST(Child, dropped_while_running_leaves_no_zombie) {
  pid_t pid = 0;
  {
    Child child = started(Command("/bin/cat").in(Stdio::pipe()));
    pid = child.pid();
  }  // Its input ends with the handle, so it ends too; the leak check finds a zombie that stays.
  EXPECT_GT(pid, 0);
}

TEST(Child, dropped_with_the_policy_kill_takes_its_tree_along) {
  pid_t grandchild = 0;
  {
    Child child = started(Command::shell("sleep 1000 & echo $!; wait")
                              .out(Stdio::pipe())
                              .new_group()
                              .on_drop(Drop::kill));
    grandchild = std::stoi(line_from(child));
    EXPECT_TRUE(is_alive(grandchild));
  }
  while (is_alive(grandchild)) {
    ::usleep(1000);
  }
}

TEST(Child, children_of_the_host_are_never_reaped) {
  const pid_t host_child = ::fork();
  if (host_child == 0) {
    ::_exit(5);
  }
  for (int count = 0; count < 20; ++count) {
    EXPECT_TRUE(Command("/bin/true").status().value().success());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(host_child, &status, 0), host_child);
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(Child, status_stolen_by_the_host_is_known_or_lost_by_name) {
  Child child = started(Command::shell("exit 9"));
  int stolen = 0;
  ASSERT_EQ(::waitpid(child.pid(), &stolen, 0), child.pid());
  const auto status = child.wait();
  if (status) {
    EXPECT_EQ(*status, ExitStatus::exited(9));
  } else {
    EXPECT_EQ(status.error().code, ECHILD);
  }
}

TEST(Child, status_is_known_or_lost_by_name_when_the_host_ignores_sigchld) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  Child child = started(Command::shell("exit 9"));
  const auto status = child.wait();
  ::signal(SIGCHLD, before);
  if (status) {
    EXPECT_EQ(*status, ExitStatus::exited(9));
  } else {
    EXPECT_EQ(status.error().code, ECHILD);
    EXPECT_THAT(status.error().message(), testing::HasSubstr("status lost"));
  }
}

TEST(Child, status_is_known_or_lost_by_name_when_the_host_reaps_everything) {
  Child child = started(Command::shell("exit 9"));
  int stolen = 0;
  ASSERT_EQ(::waitpid(-1, &stolen, __WALL), child.pid());
  for (int count = 0; count < 2; ++count) {
    const auto status = child.wait();
    EXPECT_TRUE(status ? *status == ExitStatus::exited(9) : status.error().code == ECHILD);
  }
}

TEST(Child, host_that_forks_can_still_start_children) {
  EXPECT_TRUE(Command("/bin/true").status().value().success());
  const pid_t copy = ::fork();
  if (copy == 0) {
    const auto status = Command("/bin/sh").args({"-c", "exit 4"}).status();
    ::_exit(status && *status == ExitStatus::exited(4) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(copy, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(KillTree, reaches_children_and_grandchildren) {
  Child child =
      started(Command::shell("sh -c 'sleep 1000 & echo $!; wait' & wait").out(Stdio::pipe()));
  const pid_t grandchild = std::stoi(line_from(child));
  EXPECT_EQ(child.kill_tree().value(), TreeMeans::walk);
  EXPECT_FALSE(is_alive(grandchild));
  EXPECT_EQ(child.wait().value(), ExitStatus::killed(SIGKILL));
}

TEST(KillTree, in_a_group_reaches_orphans_too) {
  Child child = started(Command::shell("(sleep 1000 & echo $!) ; cat")
                            .out(Stdio::pipe())
                            .in(Stdio::pipe())
                            .new_group());
  const pid_t orphan = std::stoi(line_from(child));
  EXPECT_EQ(child.kill_tree().value(), TreeMeans::group);
  EXPECT_FALSE(is_alive(orphan));
  static_cast<void>(child.wait());
}

TEST(KillTree, in_a_cgroup_reaches_those_who_left_the_session) {
  const auto own = os::find_writable_cgroup();
  if (!own) {
    GTEST_SKIP() << "no writable cgroup2";
  }
  const std::string name = "tend-test-" + std::to_string(::getpid());
  const os::Cgroup group = own->make_child(name).value();
  Child child = started(Command::shell("(setsid sleep 1000 & echo $!) ; cat")
                            .out(Stdio::pipe())
                            .in(Stdio::pipe())
                            .cgroup(group.path()));
  static_cast<void>(line_from(child));
  EXPECT_EQ(child.kill_tree().value(), TreeMeans::cgroup);
  EXPECT_FALSE(group.is_populated().value());
  static_cast<void>(child.wait());
  EXPECT_TRUE(own->remove_child(name).has_value());
}

/// Pids of those in a process group that live.
std::vector<pid_t> living_in_group(pid_t group) {
  std::vector<pid_t> living;
  const auto pids = os::all_pids().value();
  for (const pid_t pid : pids) {
    const auto stat = os::read_proc_stat(pid);
    if (stat && stat->group == group && !stat->is_zombie()) {
      living.push_back(pid);
    }
  }
  return living;
}

TEST(Stop, reaches_who_is_born_meanwhile_though_a_thread_reaps_the_leader_at_once) {
  // Some are born between each look and each signal. Nobody but SIGTERM ends them.
  const Command many =
      Command::shell("i=0; echo; while [ $i -lt 50 ]; do sleep 1000 & i=$((i+1)); done; wait")
          .out(Stdio::pipe())
          .new_group();
  for (int round = 0; round < 10; ++round) {
    Child child = started(many);
    static_cast<void>(line_from(child));
    if (const auto known = os::signal_process_group(child.pidfd(), 0); !known) {
      static_cast<void>(child.kill_tree());
      static_cast<void>(child.wait());
      GTEST_SKIP() << "no signals to groups by pidfd: " << known.error().message();
    }
    std::thread reaping([&] { static_cast<void>(child.wait()); });
    EXPECT_TRUE(child.stop({.rungs = {{SIGTERM, 30s}}}).has_value());
    reaping.join();
    EXPECT_THAT(living_in_group(child.pid()), testing::IsEmpty());
    ::kill(-child.pid(), SIGKILL);  // A failure must not leave them to the next round.
  }
}

TEST(KillTree, of_a_child_that_has_ended_is_no_error) {
  Child child = started(Command("/bin/true"));
  static_cast<void>(child.wait());
  EXPECT_TRUE(child.kill_tree().has_value());
}

TEST(Stop, goes_down_the_ladder_until_the_tree_is_gone) {
  Child polite = started(Command("/bin/cat").in(Stdio::pipe()));
  EXPECT_EQ(polite.stop().value(), ExitStatus::killed(SIGTERM));
  Child deaf = started(Command::shell("trap '' TERM; echo ready; while :; do sleep 1000; done")
                           .out(Stdio::pipe())
                           .new_group());
  EXPECT_EQ(line_from(deaf), "ready");
  EXPECT_EQ(deaf.stop({.rungs = {{SIGTERM, 20ms}, {SIGKILL, 5s}}}).value(),
            ExitStatus::killed(SIGKILL));
}

TEST(Stop, ends_a_stopped_child_by_term) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  ASSERT_TRUE(child.signal(SIGSTOP).has_value());
  EXPECT_EQ(child.stop({.rungs = {{SIGTERM, 30s}}}).value(), ExitStatus::killed(SIGTERM));
}

TEST(Stop, ends_a_bounded_fork_bomb) {
  Child child = started(Command::shell("f() { for i in 1 2 3; do sleep 1000 & done; (f2) & wait; };"
                                       "f2() { for i in 1 2 3; do sleep 1000 & done; wait; };"
                                       "f & f & echo go; wait")
                            .out(Stdio::pipe())
                            .new_session());
  EXPECT_EQ(line_from(child), "go");
  EXPECT_TRUE(child.kill_tree().has_value());
  static_cast<void>(child.wait());
  EXPECT_TRUE(descendants_of(::getpid()).empty());
}

TEST(ExitStatus, describes_itself) {
  EXPECT_EQ(ExitStatus::exited(3).description(), "exited with 3");
  EXPECT_EQ(ExitStatus::killed(SIGSEGV, true).description(), "killed by SIGSEGV (core dumped)");
  EXPECT_EQ(ExitStatus::killed(SIGTERM).shell_code(), 143);
  EXPECT_EQ(ExitStatus::from_wait_status(0x0300), ExitStatus::exited(3));
  EXPECT_EQ(ExitStatus::from_wait_status(0x8b), ExitStatus::killed(SIGSEGV, true));
}

}  // namespace
}  // namespace tend::test
