// What cannot be started is an error at the call that says what, on what and why; and it leaves
// nothing behind.

#include <gmock/gmock.h>

#include "process/probe.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>
#include <vector>

namespace tend::test {
namespace {

class SpawnErrors : public EachLevel {};

Error error_of(const Command& command) {
  auto child = command.spawn();
  if (child) {
    ADD_FAILURE() << "it started";
    static_cast<void>(child->wait());
    return {};
  }
  return child.error();
}

TEST_P(SpawnErrors, missing_program_is_named_with_its_path) {
  const Error error = error_of(Command("/no/such/program"));
  EXPECT_EQ(error.step, "exec");
  EXPECT_EQ(error.code, ENOENT);
  EXPECT_EQ(error.message(), "exec /no/such/program: No such file or directory");
}

TEST_P(SpawnErrors, file_without_execute_permission_is_refused) {
  const Error error = error_of(Command("/etc/passwd"));
  EXPECT_EQ(error.step, "exec");
  EXPECT_EQ(error.code, EACCES);
  EXPECT_EQ(error.subject, "/etc/passwd");
}

TEST_P(SpawnErrors, directory_is_not_a_program) {
  const Error error = error_of(Command("/etc"));
  EXPECT_EQ(error.code, EACCES);
  EXPECT_EQ(error.detail, "a directory");
}

TEST_P(SpawnErrors, path_through_a_file_is_told_as_it_is) {
  EXPECT_EQ(error_of(Command("/etc/passwd/x")).code, ENOTDIR);
}

TEST_P(SpawnErrors, bad_working_directory_is_named_and_not_the_program) {
  const Error error = error_of(Command("/bin/true").cwd("/no/such/folder"));
  EXPECT_EQ(error.step, "chdir");
  EXPECT_EQ(error.subject, "/no/such/folder");
  EXPECT_EQ(error.code, ENOENT);
  EXPECT_EQ(error_of(Command("/bin/true").cwd("/etc/passwd")).code, ENOTDIR);
}

TEST_P(SpawnErrors, unknown_user_is_named) {
  const Error error = error_of(Command("/bin/true").user("no-such-user"));
  EXPECT_EQ(error.step, "user");
  EXPECT_EQ(error.subject, "no-such-user");
}

TEST_P(SpawnErrors, user_change_without_the_right_is_eperm) {
  // As a user that may not change to another one: the probe of a child that is nobody already.
  const auto output =
      Command(program("spawn_as_other")).args({"65534", "1"}).user(65534, 65534).capture();
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out, "setgroups 1\n") << output->err;
}

TEST_P(SpawnErrors, script_without_interpreter_line_is_the_same_error_on_every_path) {
  const TempDir directory;
  const std::string script = directory.write("script", "echo hello\n");
  ::chmod(script.c_str(), 0755);
  std::vector<Command> commands{Command(script), Command(script).env("A", "b"),
                                Command("script").env("PATH", directory.path().string()),
                                Command(script).new_session().nice(1),
                                Command(script).unsafe_pre_exec([](void*) { return 0; })};
  if (::geteuid() == 0) {
    commands.push_back(Command(script).user(0, 0));
    commands.push_back(Command(script).namespaces({.kinds = {Namespace::uts}}));
  }
  for (const Command& command : commands) {
    const Error error = error_of(command);
    EXPECT_EQ(error.step, "exec");
    EXPECT_EQ(error.code, ENOEXEC);
    EXPECT_EQ(error.subject, script);
    EXPECT_THAT(error.detail, testing::HasSubstr("#!"));
  }
}

TEST_P(SpawnErrors, missing_interpreter_is_named) {
  const TempDir directory;
  const std::string script = directory.write("script", "#!/no/such/interpreter -x\n");
  ::chmod(script.c_str(), 0755);
  const Error error = error_of(Command(script));
  EXPECT_EQ(error.code, ENOENT);
  EXPECT_THAT(error.message(), testing::HasSubstr("/no/such/interpreter"));
  const Error searched = error_of(Command("script").env("PATH", directory.path().string()));
  EXPECT_EQ(searched.subject, script);
  EXPECT_THAT(searched.message(), testing::HasSubstr("/no/such/interpreter"));
}

TEST_P(SpawnErrors, values_that_cannot_be_are_refused_before_any_clone) {
  const std::string nul("a\0b", 3);
  const Command good("/bin/true");
  const std::vector<Command> commands{
      Command(nul),
      Command(""),
      Command(good).arg(nul),
      Command(good).env(nul, "x"),
      Command(good).env("X", nul),
      Command(good).env("X=Y", "z"),
      Command(good).env("", "z"),
      Command(good).cwd(nul),
      Command(good).descriptor(-1, 0),
      Command(good).nice(99),
      Command(good).umask(0100000),
      Command(good).die_with_parent(99),
      Command(good).join_group(-5),
      Command(good).cpus({4'000'000}),
  };
  for (const Command& command : commands) {
    EXPECT_EQ(error_of(command).code, EINVAL) << error_of(command).message();
  }
}

TEST_P(SpawnErrors, closed_descriptor_is_named) {
  const Error error = error_of(Command("/bin/true").descriptor(7, 4242));
  EXPECT_EQ(error.step, "descriptor");
  EXPECT_EQ(error.subject, "4242");
  EXPECT_EQ(error.code, EBADF);
}

TEST_P(SpawnErrors, too_long_arguments_are_e2big) {
  Command command("/bin/true");
  for (int count = 0; count < 400; ++count) {
    command.arg(std::string(100'000, 'x'));
  }
  const Error error = error_of(command);
  EXPECT_EQ(error.step, "exec");
  EXPECT_EQ(error.code, E2BIG);
}

TEST_P(SpawnErrors, redirection_that_cannot_be_opened_is_named) {
  const Error error = error_of(Command("/bin/true").in(Stdio::read("/no/such/file")));
  EXPECT_EQ(error.step, "open");
  EXPECT_EQ(error.subject, "/no/such/file");
}

TEST_P(SpawnErrors, limit_that_cannot_be_raised_is_named) {
  const Error error = error_of(Command("/bin/true").limit(Resource::core, 2, 1));
  EXPECT_EQ(error.step, "setrlimit");
  EXPECT_EQ(error.subject, "RLIMIT_CORE");
  EXPECT_EQ(error.code, EINVAL);
}

TEST_P(SpawnErrors, a_thousand_failed_spawns_leave_nothing) {
  const Command command =
      Command("/no/such/program").in(Stdio::pipe()).out(Stdio::pipe()).err(Stdio::pipe());
  for (int count = 0; count < repeats(1000); ++count) {
    ASSERT_EQ(error_of(command).code, ENOENT);
  }
}

TEST_P(SpawnErrors, failed_spawns_close_no_descriptor_of_another_thread) {
  std::atomic<bool> is_over = false;
  std::atomic<int> lost = 0;
  std::thread other([&] {
    while (!is_over) {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) {
        continue;
      }
      if (::close(ends[0]) != 0 || ::close(ends[1]) != 0) {
        ++lost;
      }
    }
  });
  for (int count = 0; count < repeats(300); ++count) {
    EXPECT_EQ(error_of(Command("/no/such").out(Stdio::pipe()).cwd("/")).code, ENOENT);
  }
  is_over = true;
  other.join();
  EXPECT_EQ(lost, 0);
}

TEST_P(SpawnErrors, no_descriptor_left_is_an_error_that_changes_nothing) {
  static_cast<void>(run_probe(probe_command()));  // The probe of the level needs a descriptor.
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  for (rlim_t room = 0; room < 6; ++room) {
    const rlimit tight{.rlim_cur = static_cast<rlim_t>(next) + room, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    const auto child =
        Command("/bin/true").in(Stdio::pipe()).out(Stdio::pipe()).err(Stdio::pipe()).spawn();
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_FALSE(child.has_value());
    EXPECT_EQ(child.error().code, EMFILE) << child.error().message();
  }
}

TEST_P(SpawnErrors, child_that_is_killed_before_exec_is_told_as_that) {
  const auto output = Command(program("spawn_killed")).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_THAT(output->out, testing::StartsWith("exec /bin/true: killed by SIGSYS"));
  EXPECT_THAT(output->out, testing::HasSubstr("before it could be executed"));
}

TEST_P(SpawnErrors, no_process_left_is_eagain_with_what_it_means) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  // A user that nobody else is: where a user has too many processes already, exec would fail too.
  const auto lonely = static_cast<uid_t>(20000 + (::getpid() % 40000));
  const auto output = Command(program("spawn_as_other"))
                          .args({"plain", "0"})
                          .user(lonely, lonely)
                          .limit(Resource::processes, 0, 0)
                          .env("ASAN_OPTIONS", "detect_leaks=0")  // It would start a thread.
                          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out, "clone " + std::to_string(EAGAIN) + "\n") << output->err;
}

TEST_P(SpawnErrors, priority_and_score_that_cannot_be_are_refused) {
  const Command good("/bin/true");
  for (const Command& command :
       {Command(good).scheduling(Scheduling::fifo, 0),
        Command(good).scheduling(Scheduling::other, 1),
        Command(good).scheduling(Scheduling::round_robin, 100), Command(good).oom_score(1001),
        Command(good).root(std::string("a\0b", 3))}) {
    EXPECT_EQ(error_of(command).code, EINVAL) << command.description();
  }
}

TEST_P(SpawnErrors, unknown_policy_is_told_by_its_step) {
  const Error error = error_of(Command("/bin/true").scheduling(static_cast<Scheduling>(77)));
  EXPECT_EQ(error.step, "scheduler");
  EXPECT_EQ(error.code, EINVAL);
}

TEND_AT_EACH_LEVEL(SpawnErrors);

}  // namespace
}  // namespace tend::test
