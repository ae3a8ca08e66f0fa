// What a child gets, as the child itself sees it.

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "os/cgroup.hpp"
#include "os/files.hpp"
#include "os/procfs.hpp"
#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class Attributes : public EachLevel {
 protected:
  static bool is_root() { return ::geteuid() == 0; }
};

std::string executable(const TempDir& directory, const std::string& name, std::string_view text) {
  const std::string path = directory.write(name, text);
  ::chmod(path.c_str(), 0755);
  return path;
}

TEST_P(Attributes, arguments_arrive_byte_for_byte) {
  const std::vector<std::string> arguments{
      "", " ", "a b", "\"'\\$`", "line\nbreak", "\xff\xfe\x80", "-x", std::string(100'000, 'y')};
  const Probe probe = run_probe(probe_command().args(arguments));
  ASSERT_EQ(probe.argv.size(), arguments.size() + 1);
  EXPECT_EQ(std::vector(probe.argv.begin() + 1, probe.argv.end()), arguments);
  EXPECT_EQ(probe.argv.front(), program("probe_child"));
  EXPECT_THAT(run_probe(probe_command().name("other")).argv, ElementsAre("other"));
}

TEST_P(Attributes, cleared_environment_holds_exactly_the_given_variables) {
  EXPECT_THAT(run_probe(probe_command().env_clear()).env, IsEmpty());
  EXPECT_THAT(run_probe(probe_command().env("Z", "1").env_clear().env("A", "x=y").env("B", "")).env,
              ElementsAre("A=x=y", "B="));
}

TEST_P(Attributes, environment_is_inherited_with_changes) {
  ::setenv("TEND_TEST_KEPT", "kept", 1);
  ::setenv("TEND_TEST_GONE", "gone", 1);
  const Probe probe = run_probe(
      probe_command().env("TEND_TEST_NEW", "new").env_remove("TEND_TEST_GONE").env("HOME", "/x"));
  ::unsetenv("TEND_TEST_KEPT");
  ::unsetenv("TEND_TEST_GONE");
  EXPECT_THAT(probe.env, Contains("TEND_TEST_KEPT=kept"));
  EXPECT_THAT(probe.env, Contains("TEND_TEST_NEW=new"));
  EXPECT_THAT(probe.env, Contains("HOME=/x"));
  EXPECT_THAT(probe.env, Not(Contains("TEND_TEST_GONE=gone")));
}

TEST_P(Attributes, environment_can_be_read_while_another_thread_sets_variables) {
  std::atomic<bool> is_over = false;
  std::thread setter([&is_over] {
    for (int count = 0; !is_over; ++count) {
      const std::string name = "TEND_TEST_STORM_" + std::to_string(count % 300);
      count % 7 == 0 ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), "value", 1);
    }
  });
  for (int count = 0; count < repeats(50); ++count) {
    const Probe probe = run_probe(probe_command());
    EXPECT_FALSE(probe.env.empty());
  }
  is_over = true;
  setter.join();
  for (int count = 0; count < 300; ++count) {
    ::unsetenv(("TEND_TEST_STORM_" + std::to_string(count)).c_str());
  }
}

TEST_P(Attributes, environment_is_inherited_from_a_process_without_threads_too) {
  const TempDir directory;
  std::filesystem::create_symlink(program("probe_child"), directory.path() / "only-here");
  const std::string path = "PATH=" + directory.path().string();
  const auto environment_of_child = [&](std::vector<std::string> entries) {
    std::vector<std::string> arguments{"only-here", path};
    arguments.insert(arguments.end(), entries.begin(), entries.end());
    return run_probe(Command(program("no_threads"), arguments)
                         .env_clear()
                         .env("TEND_SPAWN_LEVEL", GetParam()))
        .env;
  };
  const std::string level = std::string("TEND_SPAWN_LEVEL=") + GetParam();
  EXPECT_THAT(environment_of_child({"A=", "B=x=y"}),
              UnorderedElementsAre(path, "A=", "B=x=y", level));
  EXPECT_THAT(environment_of_child({"no variable", "=", "A=1"}),
              UnorderedElementsAre(path, "A=1", level));
}

TEST_P(Attributes, program_is_found_by_the_path_of_the_child) {
  const TempDir directory;
  executable(directory, "only-here", "#!/bin/sh\necho found\n");
  EXPECT_FALSE(Command("only-here").spawn().has_value());
  const auto output =
      Command("only-here").env("PATH", directory.path().string() + ":/bin").capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out, "found\n");
}

TEST_P(Attributes, path_entry_that_cannot_be_executed_is_passed_over) {
  const TempDir first;
  const TempDir second;
  first.write("tool", "not executable");
  const std::string both = first.path().string() + ":" + second.path().string();
  const auto refused = Command("tool").env("PATH", both).spawn();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, EACCES);
  EXPECT_EQ(refused.error().subject, first / "tool");
  executable(second, "tool", "#!/bin/sh\necho second\n");
  EXPECT_EQ(Command("tool").env("PATH", both).capture().value().out, "second\n");
}

TEST_P(Attributes, name_with_a_slash_is_never_searched) {
  const TempDir directory;
  ::mkdir((directory / "sub").c_str(), 0755);
  executable(directory, "sub/tool", "#!/bin/sh\necho sub\n");
  const std::string path = directory.path().string();
  EXPECT_EQ(Command("sub/tool").env("PATH", path).spawn().error().code, ENOENT);
  EXPECT_EQ(Command("sub/tool").cwd(path).capture().value().out, "sub\n");
}

TEST_P(Attributes, without_path_the_usual_places_are_searched) {
  EXPECT_EQ(Command("echo").env_clear().arg("x").capture().value().out, "x\n");
}

TEST_P(Attributes, working_directory_is_as_asked) {
  const TempDir directory;
  EXPECT_EQ(run_probe(probe_command().cwd(directory.path())).cwd,
            std::filesystem::canonical(directory.path()).string());
  EXPECT_EQ(run_probe(probe_command()).cwd, std::filesystem::current_path().string());
}

TEST_P(Attributes, session_and_group_are_as_asked) {
  const Probe plain = run_probe(probe_command());
  EXPECT_EQ(plain.group, ::getpgrp());
  EXPECT_EQ(plain.session, ::getsid(0));
  EXPECT_EQ(plain.parent, ::getpid());
  const Probe group = run_probe(probe_command().new_group());
  EXPECT_EQ(group.group, group.pid);
  EXPECT_EQ(group.session, ::getsid(0));
  const Probe session = run_probe(probe_command().new_session());
  EXPECT_EQ(session.group, session.pid);
  EXPECT_EQ(session.session, session.pid);
}

TEST_P(Attributes, new_group_exists_before_spawn_returns) {
  auto first = Command("/bin/cat").in(Stdio::pipe()).new_group().spawn();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(::getpgid(first->pid()), first->pid());
  EXPECT_EQ(run_probe(probe_command().join_group(first->pid())).group, first->pid());
  EXPECT_TRUE(first->kill_tree().has_value());
  EXPECT_EQ(first->wait().value(), ExitStatus::killed(SIGKILL));
}

TEST_P(Attributes, umask_nice_cpus_and_limits_are_as_asked) {
  const Probe probe = run_probe(probe_command()
                                    .umask(0137)
                                    .nice(7)
                                    .cpus({0})
                                    .limit(Resource::core, 0, 4096)
                                    .limit(Resource::descriptors, 20, 20)
                                    .limit(Resource::locks, 7777, 7777));
  EXPECT_EQ(probe.umask, 0137);
  EXPECT_EQ(probe.nice, 7);
  EXPECT_THAT(probe.cpus, ElementsAre(0));
  EXPECT_THAT(probe.limits[RLIMIT_CORE], ElementsAre(0, 4096));
  EXPECT_THAT(probe.limits[RLIMIT_NOFILE], ElementsAre(20, 20));
  EXPECT_THAT(probe.limits[RLIMIT_LOCKS], ElementsAre(7777, 7777));
}

TEST_P(Attributes, low_limit_of_descriptors_does_not_hinder_their_placing) {
  const auto output =
      probe_command().descriptor(60, 2).limit(Resource::descriptors, 6, 6).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
}

TEST_P(Attributes, scheduling_and_oom_score_are_as_asked) {
  const Probe plain = run_probe(probe_command());
  const Probe probe = run_probe(probe_command().scheduling(Scheduling::batch).oom_score(321));
  EXPECT_EQ(probe.scheduler, SCHED_BATCH);
  EXPECT_EQ(probe.oom_score, 321);
  EXPECT_EQ(run_probe(probe_command().scheduling(Scheduling::idle)).scheduler, SCHED_IDLE);
  const Probe after = run_probe(probe_command());
  EXPECT_EQ(after.oom_score, plain.oom_score) << "ours is untouched";
  EXPECT_EQ(after.scheduler, plain.scheduler);
}

TEST_P(Attributes, realtime_priority_is_as_asked) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  const auto output = probe_command().scheduling(Scheduling::round_robin, 7).capture();
  if (!output && output.error().code == EPERM) {
    GTEST_SKIP() << "no real-time scheduling here";
  }
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(parse_probe(output->out).scheduler, SCHED_RR);
  EXPECT_EQ(parse_probe(output->out).priority, 7);
}

TEST_P(Attributes, no_new_privileges_is_as_asked) {
  EXPECT_FALSE(run_probe(probe_command()).no_new_privileges);
  EXPECT_TRUE(run_probe(probe_command().no_new_privileges()).no_new_privileges);
}

TEST_P(Attributes, user_change_is_complete_and_leaves_the_parent_dumpable) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  const int before = ::prctl(PR_GET_DUMPABLE);
  const Probe probe = run_probe(probe_command().user(65534, 65533));
  EXPECT_THAT(probe.uids, ElementsAre(65534, 65534, 65534));
  EXPECT_THAT(probe.gids, ElementsAre(65533, 65533, 65533));
  EXPECT_THAT(probe.groups, IsEmpty());
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), before);
  EXPECT_THAT(run_probe(probe_command().user(65534, 65533, {5, 6})).groups, ElementsAre(5, 6));
  const Probe named = run_probe(probe_command().user("nobody"));
  EXPECT_EQ(named.uids[0], 65534);
}

TEST_P(Attributes, die_with_parent_is_set_also_for_another_user) {
  EXPECT_EQ(run_probe(probe_command().die_with_parent(SIGTERM)).parent_death_signal, SIGTERM);
  if (is_root()) {
    EXPECT_EQ(run_probe(probe_command().user(65534, 65534).die_with_parent()).parent_death_signal,
              SIGKILL);
  }
}

TEST_P(Attributes, die_with_parent_holds_when_the_parent_is_killed_right_after) {
  const auto output =
      Command(program("bound_child")).new_group().linger(std::chrono::hours(1)).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->status, ExitStatus::killed(SIGKILL));
  EXPECT_TRUE(output->is_complete) << "nobody holds the pipes any more";
}

TEST_P(Attributes, die_with_parent_does_not_fire_when_the_spawning_thread_ends) {
  std::optional<Child> child;
  std::thread([&child] {
    auto started = Command("/bin/cat").in(Stdio::pipe()).die_with_parent().nice(3).spawn();
    ASSERT_TRUE(started.has_value()) << started.error().message();
    child.emplace(*std::move(started));
  }).join();
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(child->wait_for(std::chrono::milliseconds(50)).value(), std::nullopt);
  child->in().reset();
  EXPECT_TRUE(child->wait().value().success());
}

TEST_P(Attributes, child_is_in_its_cgroup_from_the_first_instruction) {
  auto own = os::find_writable_cgroup();
  if (!own) {
    GTEST_SKIP() << "no writable cgroup2";
  }
  const std::string name = "tend-test-" + std::to_string(::getpid());
  {
    const os::Cgroup group = own->make_child(name).value();
    const Probe probe = run_probe(probe_command().cgroup(group.path()));
    EXPECT_THAT(probe.cgroup, testing::HasSubstr("/" + name + "\n"));
    ASSERT_TRUE(group.freeze(os::Cgroup::Frozen::yes).has_value());
    const auto frozen = Command("/bin/true").cgroup(group.path()).spawn();
    ASSERT_FALSE(frozen.has_value());
    EXPECT_EQ(frozen.error().step, "cgroup");
    EXPECT_EQ(frozen.error().code, EBUSY);
    ASSERT_TRUE(group.freeze(os::Cgroup::Frozen::no).has_value());
    const os::Cgroup threaded = group.make_child("threads").value();
    ASSERT_TRUE(os::write_control_at(threaded.directory(), "cgroup.type", "threaded").has_value());
    // A group below a threaded one takes no process until it is made threaded itself.
    const os::Cgroup invalid = threaded.make_child("invalid").value();
    const auto refused = Command("/bin/true").cgroup(invalid.path()).spawn();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().step, "cgroup");
    EXPECT_EQ(refused.error().code, EOPNOTSUPP);
  }
  ASSERT_TRUE(own->remove_child(name).has_value());
  const auto missing = Command("/bin/true").cgroup(own->path() + "/" + name).spawn();
  EXPECT_EQ(missing.error().step, "cgroup");
  EXPECT_EQ(missing.error().code, ENOENT);
}

TEST(Command, is_a_value) {
  const Command command = Command("a").arg("b").env("K", "v").nice(3);
  Command copy = command;
  EXPECT_EQ(copy, command);
  EXPECT_NE(copy.arg("c"), command);
}

TEND_AT_EACH_LEVEL(Attributes);

}  // namespace
}  // namespace tend::test
