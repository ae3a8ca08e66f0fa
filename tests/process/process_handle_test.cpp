// Any process, ours or a stranger's: held, signalled, suspended, waited for, ended with its tree.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>
#include <tend/process_handle.hpp>
#include <tend/wait_any.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "os/files.hpp"
#include "os/procfs.hpp"
#include "process/probe.hpp"
#include "support/processes.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

ProcessHandle opened(std::int32_t pid) {
  auto handle = ProcessHandle::open(pid);
  if (!handle) {
    ADD_FAILURE() << handle.error().message();
    std::abort();
  }
  return *std::move(handle);
}

char state_of(std::int32_t pid) {
  const auto stat = os::read_proc_stat(pid);
  return stat ? stat->state : '-';
}

/// A process of somebody else: a grandchild, whose parent reaps it and then goes on.
struct Stranger {
  Child parent;
  std::int32_t pid;

  explicit Stranger(const std::string& script)
      : parent(started(Command::shell("sh -c '" + script + "' & echo $!; wait; cat")
                           .in(Stdio::pipe())
                           .out(Stdio::pipe()))),
        pid(std::stoi(line_from(parent))) {}
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    parent.in().reset();
    static_cast<void>(parent.wait());
  }
};

TEST(ProcessHandle, of_a_pid_that_nobody_has_is_refused) {
  for (const std::int32_t pid : {0, -1, 1 << 30}) {
    const auto handle = ProcessHandle::open(pid);
    ASSERT_FALSE(handle.has_value()) << pid;
    EXPECT_EQ(handle.error().code, ESRCH);
  }
}

TEST(ProcessHandle, of_a_thread_that_is_not_the_first_is_refused) {
  std::int32_t thread_id = 0;
  std::thread([&thread_id] {
    thread_id = ::gettid();
    const auto handle = ProcessHandle::open(thread_id);
    EXPECT_FALSE(handle.has_value());
  }).join();
  EXPECT_NE(thread_id, ::getpid());
}

TEST(ProcessHandle, identity_survives_storing_and_opens_the_same_process) {
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  const ProcessIdentity identity = opened(child.pid()).identity().value();
  EXPECT_EQ(identity.pid, child.pid());
  EXPECT_GT(identity.start_ticks, 0U);
  EXPECT_EQ(ProcessIdentity::parse(identity.text()), identity);
  EXPECT_EQ(ProcessHandle::open(identity)->pid(), child.pid());
  child.in().reset();
  static_cast<void>(child.wait());
  EXPECT_EQ(ProcessHandle::open(identity).error().code, ESRCH);
}

TEST(ProcessHandle, identity_text_of_another_form_is_none) {
  for (const char* text : {"", "1", "1:2", "x:2:b", "1:-2:b", "1:2:b:c", "0:2:b", "-1:2:b"}) {
    EXPECT_EQ(ProcessIdentity::parse(text), std::nullopt) << text;
  }
}

TEST(ProcessHandle, a_reused_pid_is_refused) {
  // Our own pid stands for one that was reused: the process that was meant started earlier.
  ProcessIdentity earlier = opened(::getpid()).identity().value();
  earlier.start_ticks -= 1;
  const auto handle = ProcessHandle::open(earlier);
  ASSERT_FALSE(handle.has_value());
  EXPECT_EQ(handle.error().code, ESRCH);
  EXPECT_THAT(handle.error().message(), testing::HasSubstr("another process has its pid"));
}

TEST(ProcessHandle, an_identity_of_an_earlier_boot_is_refused) {
  ProcessIdentity identity = opened(::getpid()).identity().value();
  identity.boot_id = "of-another-boot";
  EXPECT_EQ(ProcessHandle::open(identity).error().code, ESRCH);
  identity.boot_id.clear();
  EXPECT_TRUE(ProcessHandle::open(identity).has_value());
}

TEST(ProcessHandle, tells_whether_and_how_long_it_runs) {
  const ProcessHandle self = opened(::getpid());
  EXPECT_TRUE(self.is_running().value());
  EXPECT_GE(self.running_for().value(), 0ns);
  const ProcessHandle first = opened(1);
  EXPECT_GE(first.running_for().value(), self.running_for().value());
  Child child = started(Command("/bin/true"));
  static_cast<void>(os::read_proc_stat(child.pid()));
  const auto handle = ProcessHandle::open(child.pid());
  ASSERT_TRUE(handle.has_value());
  static_cast<void>(handle->wait());
  EXPECT_FALSE(handle->is_running().value()) << "a zombie has ended";
  EXPECT_EQ(handle->running_for().error().code, ESRCH);
  static_cast<void>(child.wait());
}

TEST(ProcessHandle, wait_tells_the_status_of_a_child_and_leaves_the_reaping_to_its_owner) {
  Child child = started(Command::shell("read x; exit 7").in(Stdio::pipe()));
  const ProcessHandle handle = opened(child.pid());
  EXPECT_EQ(handle.try_wait().value(), std::nullopt);
  EXPECT_EQ(handle.wait_for(1ms).value(), std::nullopt);
  child.in().reset();
  EXPECT_EQ(handle.wait().value().status, ExitStatus::exited(7));
  EXPECT_EQ(child.wait().value(), ExitStatus::exited(7));
  const auto after = handle.try_wait().value();
  ASSERT_TRUE(after.has_value());
  EXPECT_TRUE(!after->status || *after->status == ExitStatus::exited(7)) << "known from Linux 6.15";
}

TEST(ProcessHandle, wait_for_a_stranger_tells_its_status_or_that_it_is_not_known) {
  Stranger stranger("kill -STOP $$; exit 9");
  const ProcessHandle handle = opened(stranger.pid);
  ASSERT_TRUE(handle.resume().has_value());
  while (!handle.wait_for(1ms).value()) {
    ASSERT_TRUE(handle.resume().has_value());  // It may not have stopped itself yet.
  }
  const ProcessEnd end = handle.wait().value();
  EXPECT_TRUE(!end.status || *end.status == ExitStatus::exited(9));
}

TEST(ProcessHandle, suspend_and_resume_are_seen_by_the_kernel) {
  Stranger stranger("exec sleep 1000");
  const ProcessHandle handle = opened(stranger.pid);
  ASSERT_TRUE(handle.suspend().has_value());
  while (state_of(stranger.pid) != 'T') {
    ::usleep(1000);
  }
  EXPECT_TRUE(handle.is_running().value());
  ASSERT_TRUE(handle.resume().has_value());
  while (state_of(stranger.pid) == 'T') {
    ::usleep(1000);
  }
  EXPECT_TRUE(handle.signal(SIGKILL).has_value());
}

TEST(ProcessHandle, signal_to_one_that_has_ended_reaches_nobody_and_says_so) {
  Child child = started(Command("/bin/true"));
  const ProcessHandle handle = opened(child.pid());
  static_cast<void>(child.wait());
  const auto sent = handle.signal(SIGKILL);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, ESRCH);
  EXPECT_THAT(sent.error().message(), testing::HasSubstr("it has ended"));
}

TEST(ProcessHandle, unknown_signal_is_refused) {
  const auto sent = opened(::getpid()).signal(65);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, EINVAL);
}

TEST(ProcessHandle, stop_goes_down_the_ladder_and_continues_a_stopped_process) {
  Stranger polite("exec sleep 1000");
  const ProcessHandle handle = opened(polite.pid);
  ASSERT_TRUE(handle.suspend().has_value());
  const ProcessEnd end = handle.stop({.rungs = {{SIGTERM, 30s}}}).value();
  EXPECT_TRUE(!end.status || *end.status == ExitStatus::killed(SIGTERM));
  EXPECT_TRUE(handle.stop().has_value()) << "it has ended already";
}

TEST(ProcessHandle, stop_kills_one_that_ignores_the_rest) {
  Child deaf = started(
      Command::shell("trap '' TERM; echo ready; while :; do sleep 0.01; done").out(Stdio::pipe()));
  EXPECT_EQ(line_from(deaf), "ready");
  const ProcessHandle handle = opened(deaf.pid());
  EXPECT_EQ(handle.stop({.rungs = {{SIGTERM, 10ms}}}).value().status, ExitStatus::killed(SIGKILL));
  EXPECT_EQ(deaf.wait().value(), ExitStatus::killed(SIGKILL));
}

TEST(ProcessHandle, kill_tree_ends_children_and_grandchildren_of_a_stranger) {
  Stranger stranger("sh -c \"sleep 1000 & sleep 1000 & wait\" & sleep 1000 & wait");
  while (descendants_of(stranger.pid).size() < 4) {
    ::usleep(1000);
  }
  const auto all = descendants_of(stranger.pid);
  EXPECT_EQ(opened(stranger.pid).kill_tree().value(), TreeMeans::walk);
  for (const pid_t pid : all) {
    const auto stat = os::read_proc_stat(pid);
    EXPECT_TRUE(!stat || stat->is_zombie()) << describe_process(pid);
  }
}

TEST(ProcessHandle, kill_tree_of_a_session_leader_ends_its_orphans_too) {
  Child leader = started(Command::shell("(sleep 1000 & echo $!); cat")
                             .in(Stdio::pipe())
                             .out(Stdio::pipe())
                             .new_session());
  const ProcessHandle orphan = opened(std::stoi(line_from(leader)));
  EXPECT_EQ(opened(leader.pid()).kill_tree().value(), TreeMeans::group);
  EXPECT_FALSE(orphan.is_running().value());
  static_cast<void>(leader.wait());
}

TEST(ProcessHandle, tree_does_not_reach_neighbours_in_the_process_group) {
  // As a shell does for `a | b`: b is in the group of a, and not below a.
  Child first = started(Command("/bin/cat").in(Stdio::pipe()).new_group());
  Child second = started(Command("/bin/cat").in(Stdio::pipe()).join_group(first.pid()));
  EXPECT_TRUE(opened(first.pid()).kill_tree().has_value());
  EXPECT_EQ(second.try_wait().value(), std::nullopt);
  second.in().reset();
  EXPECT_EQ(second.wait().value(), ExitStatus::exited(0));
  static_cast<void>(first.wait());
}

TEST(ProcessHandle, tree_of_a_process_that_has_ended_is_ESRCH) {
  Child child = started(Command("/bin/true").new_session());
  const ProcessHandle handle = opened(child.pid());
  static_cast<void>(child.wait());
  for (const auto& done :
       {handle.suspend_tree(), handle.resume_tree(), handle.signal_tree(SIGTERM)}) {
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ESRCH);
  }
}

TEST(ProcessHandle, suspend_tree_and_resume_tree_reach_everything_below) {
  Stranger stranger("sleep 1000 & wait");
  while (descendants_of(stranger.pid).empty()) {
    ::usleep(1000);
  }
  const pid_t below = descendants_of(stranger.pid).front();
  const ProcessHandle handle = opened(stranger.pid);
  ASSERT_TRUE(handle.suspend_tree().has_value());
  while (state_of(stranger.pid) != 'T' || state_of(below) != 'T') {
    ::usleep(1000);
  }
  ASSERT_TRUE(handle.resume_tree().has_value());
  while (state_of(stranger.pid) == 'T' || state_of(below) == 'T') {
    ::usleep(1000);
  }
  const ProcessEnd end = handle.stop_tree({.rungs = {{SIGTERM, 30s}}}).value();
  EXPECT_TRUE(!end.status || *end.status == ExitStatus::killed(SIGTERM));
}

TEST(ProcessHandle, tree_of_this_very_process_is_refused) {
  EXPECT_EQ(opened(::getpid()).kill_tree().error().code, EINVAL);
}

TEST(ProcessHandle, signal_to_another_user_is_refused_in_words) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root to become somebody else";
  }
  const pid_t other = ::fork();
  if (other == 0) {
    const bool is_ready = ::setresuid(65534, 65534, 65534) == 0;
    const auto handle = ProcessHandle::open(::getppid());
    const auto sent = is_ready && handle ? handle->signal(0) : Result<>();
    const bool is_right = !sent && sent.error().code == EPERM &&
                          sent.error().message().contains("it belongs to root, we are uid 65534");
    ::_exit(is_right ? 0 : 1);
  }
  int status = -1;
  ::waitpid(other, &status, 0);
  EXPECT_EQ(status, 0);
}

// The same where a sandbox refuses pidfd_open: this binary runs these tests once more under a
// filter.

bool has_no_pidfd_open() {
  const char* denied = std::getenv("TEND_TEST_DENIED");
  return denied != nullptr && std::string_view(denied).contains("pidfd_open");
}

TEST(UnheldProcess, is_signalled_waited_for_and_stopped_by_number_and_start_time) {
  if (!has_no_pidfd_open()) {
    GTEST_SKIP() << "run by ProcessHandle.without_pidfds";
  }
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  const ProcessHandle handle = opened(child.pid());
  EXPECT_FALSE(handle.pidfd().is_open());
  EXPECT_EQ(ProcessHandle::open(handle.identity().value())->pid(), child.pid());
  EXPECT_TRUE(handle.is_running().value());
  EXPECT_EQ(handle.wait_for(5ms).value(), std::nullopt);
  ASSERT_TRUE(handle.suspend().has_value());
  while (state_of(child.pid()) != 'T') {
    ::usleep(1000);
  }
  EXPECT_EQ(handle.kill_tree().error().code, ENOSYS);
  EXPECT_EQ(handle.stop({.rungs = {{SIGTERM, 30s}}}).value(), ProcessEnd{});
  EXPECT_EQ(child.wait().value(), ExitStatus::killed(SIGTERM));
  EXPECT_EQ(handle.signal(SIGKILL).error().code, ESRCH);
  EXPECT_EQ(ProcessHandle::open(child.pid()).error().code, ESRCH);
}

TEST(UnheldProcess, can_be_waited_for_among_others) {
  if (!has_no_pidfd_open()) {
    GTEST_SKIP() << "run by ProcessHandle.without_pidfds";
  }
  Child child = started(Command("/bin/cat").in(Stdio::pipe()));
  const ProcessHandle parent = opened(::getppid());
  const ProcessHandle handle = opened(child.pid());
  const ProcessHandle* both[] = {&parent, &handle};
  EXPECT_EQ(wait_any(both, 5ms).value(), std::nullopt);
  child.in().reset();
  EXPECT_EQ(wait_any(both, 30s).value(), 1U);
  EXPECT_EQ(WaitSet::make()->add(1, handle).error().code, ENOSYS);
  static_cast<void>(child.wait());
}

TEST(ProcessHandle, without_pidfds) {
  for (const int code : {ENOSYS, EPERM}) {
    const auto output =
        Command(program("deny"))
            .args({"pidfd_open", std::to_string(code), os::read_link("/proc/self/exe").value()})
            .arg("--gtest_filter=UnheldProcess.*")
            .env("TEND_TEST_DENIED", "pidfd_open")
            .env("TEND_TEST_NO_THREADS", "1")
            .env("TEND_TEST_WATCHDOG_S", "0")
            .capture();
    ASSERT_TRUE(output.has_value()) << output.error().message();
    EXPECT_TRUE(output->status.success()) << output->out << output->err;
    EXPECT_THAT(output->out, testing::HasSubstr("[  PASSED  ] 2 tests."));
  }
}

}  // namespace
}  // namespace tend::test
