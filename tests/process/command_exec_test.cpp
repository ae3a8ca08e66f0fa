// exec in its other forms: by descriptor, in this very process, and with code of one's own before.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "os/signals.hpp"
#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Exec : public EachLevel {};

Fd opened(const std::string& path) { return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

std::string script_in(const TempDir& directory) {
  const std::string path = directory.write("script", "#!/bin/sh\necho script \"$1\"\n");
  ::chmod(path.c_str(), 0755);
  return path;
}

TEST_P(Exec, program_behind_a_descriptor_is_executed) {
  const Fd file = opened(program("probe_child"));
  const Probe probe = run_probe(Command::from_descriptor(file.get(), "the probe").arg("x"));
  EXPECT_THAT(probe.argv, ElementsAre("the probe", "x"));
  EXPECT_THAT(probe.descriptor_numbers(), ElementsAre(0, 1, 2));
}

TEST_P(Exec, descriptor_of_the_program_may_be_in_the_way_of_others) {
  const Fd file = opened(program("probe_child"));
  const Fd null = opened("/dev/null");
  const Probe over =
      run_probe(Command::from_descriptor(file.get(), "p").descriptor(file.get(), null.get()));
  EXPECT_THAT(over.descriptor_numbers(), ElementsAre(0, 1, 2, file.get()));
  const Probe moved =
      run_probe(Command::from_descriptor(file.get(), "p").descriptor(77, file.get()));
  EXPECT_THAT(moved.descriptor_numbers(), ElementsAre(0, 1, 2, 77));
}

TEST_P(Exec, file_that_was_replaced_since_it_was_opened_does_not_run) {
  const TempDir directory;
  const std::string path = directory / "tool";
  std::filesystem::copy(program("probe_child"), path);
  const Fd file = opened(path);
  std::filesystem::remove(path);
  EXPECT_THAT(run_probe(Command::from_descriptor(file.get(), "tool")).argv, ElementsAre("tool"));
}

TEST_P(Exec, script_by_descriptor_needs_the_descriptor_in_the_child) {
  const TempDir directory;
  const Fd file = opened(script_in(directory));
  const auto output = Command::from_descriptor(file.get(), "script")
                          .arg("works")
                          .descriptor(file.get(), file.get())
                          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out, "script works\n");
  const auto refused = Command::from_descriptor(file.get(), "script").spawn();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().step, "exec");
  EXPECT_EQ(refused.error().code, ENOENT);
  EXPECT_THAT(refused.error().detail, HasSubstr("in the child too"));
}

TEST_P(Exec, descriptor_that_is_no_program_is_an_error) {
  const Fd file = opened("/etc/passwd");
  const auto refused = Command::from_descriptor(file.get(), "passwd").spawn();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message(), "exec passwd: Permission denied");
  EXPECT_EQ(Command::from_descriptor(4242, "x").spawn().error().code, EBADF);
}

int fail_with_owner_died(void* /*context*/) { return EOWNERDEAD; }

int raise_umask(void* context) {
  ::umask(*static_cast<mode_t*>(context));
  return 0;
}

int die(void* /*context*/) {
  ::kill(::getpid(), SIGKILL);
  return 0;
}

TEST_P(Exec, own_code_runs_last_of_all_before_exec) {
  mode_t mask = 0151;
  const Probe probe = run_probe(probe_command().umask(0).unsafe_pre_exec(raise_umask, &mask));
  EXPECT_EQ(probe.umask, 0151);
}

TEST_P(Exec, own_code_can_fail_by_its_own_step) {
  const auto refused = probe_command().unsafe_pre_exec(fail_with_owner_died).spawn();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().step, "pre_exec");
  EXPECT_EQ(refused.error().code, EOWNERDEAD);
}

TEST_P(Exec, own_code_that_dies_is_told_as_that) {
  const auto refused = probe_command().unsafe_pre_exec(die).spawn();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(),
              HasSubstr("killed by SIGKILL before it could be executed"));
}

TEST_P(Exec, replacing_oneself_keeps_the_pid_and_does_what_was_asked) {
  auto child = Command(program("replace")).arg(program("probe_child")).out(Stdio::pipe()).spawn();
  ASSERT_TRUE(child.has_value()) << child.error().message();
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(child->out().get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  EXPECT_TRUE(child->wait().value().success()) << text;
  const Probe probe = parse_probe(text);
  EXPECT_EQ(probe.pid, child->pid());
  EXPECT_EQ(probe.group, child->pid());
  EXPECT_EQ(probe.cwd, "/");
  EXPECT_EQ(probe.umask, 0123);
  EXPECT_EQ(probe.nice, 4);
  EXPECT_THAT(probe.env, testing::Contains("REPLACED=yes"));
  EXPECT_THAT(probe.descriptor_numbers(), ElementsAre(0, 1, 2, 9));
}

TEST_P(Exec, failure_to_replace_oneself_is_told_by_who_still_lives) {
  const auto output = Command(program("replace")).arg("/no/such/program").capture();
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, "exec /no/such/program: No such file or directory\n");
  EXPECT_EQ(output->status, ExitStatus::exited(1));
}

void on_user_signal(int /*number*/) {}

TEST_P(Exec, failure_to_replace_oneself_leaves_this_process_as_it_was) {
  const TempDir directory;
  const Fd file = opened("/dev/null");
  const Fd low = opened("/dev/null");
  const std::string place = std::filesystem::current_path();
  struct sigaction mine{};
  mine.sa_handler = on_user_signal;
  struct sigaction before{};
  ::sigaction(SIGUSR1, &mine, &before);
  const SignalSet mask = os::set_signal_mask({SIGUSR2});
  const mode_t umask_before = ::umask(022);
  ::umask(umask_before);

  const Error error = Command(directory / "none")
                          .cwd("/")
                          .umask(0)
                          .in(Stdio::null())
                          .out(Stdio::descriptor(2))
                          .descriptor(70, file.get())
                          .descriptor(file.get(), low.get())
                          .descriptor(low.get(), file.get())
                          .signals({.ignore = {SIGUSR1}})
                          .exec();

  EXPECT_EQ(error.code, ENOENT);
  EXPECT_EQ(error.subject, directory / "none");
  struct sigaction after{};
  ::sigaction(SIGUSR1, &before, &after);
  EXPECT_EQ(after.sa_handler, on_user_signal);
  EXPECT_EQ(os::set_signal_mask(mask), SignalSet{SIGUSR2});
  EXPECT_EQ(std::filesystem::current_path(), place);
  EXPECT_EQ(::umask(umask_before), umask_before);
  EXPECT_EQ(::fcntl(70, F_GETFD), -1);
  EXPECT_EQ(::fcntl(file.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(0, F_GETFD), 0);
  EXPECT_EQ(::fcntl(1, F_GETFD), 0);
}

TEST_P(Exec, what_needs_us_to_live_on_is_refused) {
  const Command plain("/bin/true");
  for (const Command& command :
       {Command(plain).out(Stdio::pipe()), Command(plain).input("x"), Command(plain).terminal(),
        Command(plain).deadline(within(std::chrono::seconds(1))),
        Command(plain).namespaces({.kinds = {Namespace::uts}})}) {
    EXPECT_EQ(command.exec().code, EINVAL) << command.description();
  }
}

TEND_AT_EACH_LEVEL(Exec);

}  // namespace
}  // namespace tend::test
