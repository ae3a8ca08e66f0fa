// The director's way of starting: the child belongs to our parent, and its slot knows it before it
// runs. The part of the keeper is played by this test.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <tend/fd.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/spawn.hpp"
#include "support/temp_dir.hpp"

namespace tend::os {
namespace {

struct Told {
  std::string text{};
  ExitStatus director = ExitStatus::exited(0);
};

/// Runs tests/programs/beside as our child.
Told run_director(std::vector<std::string> arguments, std::vector<std::string> variables) {
  Pipe out = make_pipe().value();
  SpawnOptions options;
  options.program = test::program("beside");
  options.arguments = {"beside"};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.environment = own_environment();
  std::ranges::copy(variables, std::back_inserter(options.environment));
  options.descriptors = {{0, 0}, {out.write.get(), 1}, {2, 2}};
  auto director = spawn(options);
  if (!director) {
    ADD_FAILURE() << director.error().message();
    return {};
  }
  out.write.reset();
  const ExitStatus status = reap(director->pidfd, Waiting::yes).value()->status;
  return {.text = read_all(out.read, 4096).value(), .director = status};
}

/// The only other child of ours, reaped.
ExitStatus reap_other() {
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_ALL, 0, &info, WEXITED | __WALL), 0);
  return ExitStatus::from_waitid(info.si_code, info.si_status);
}

class Beside : public testing::TestWithParam<const char*> {
 protected:
  std::string level_ = std::string("TEND_SPAWN_LEVEL=") + GetParam();
};

TEST_P(Beside, child_belongs_to_our_parent_and_its_slot_knows_it) {
  const Told told = run_director({"/bin/sh", "-c", "exec >/dev/null; exit 5"}, {level_});
  const int pid = std::stoi(told.text);
  EXPECT_EQ(told.text, std::to_string(pid) + " " + std::to_string(pid) + " 42 1 -\n");
  EXPECT_EQ(told.director, ExitStatus::exited(0));
  EXPECT_EQ(reap_other(), ExitStatus::exited(5));
}

TEST_P(Beside, failed_step_is_in_the_slot) {
  const Told told = run_director({"/no/such"}, {level_});
  EXPECT_THAT(told.text, testing::HasSubstr("exec /no/such: No such file or directory"));
  EXPECT_EQ(reap_other(), ExitStatus::exited(127));
}

TEST_P(Beside, child_outlives_its_starter) {
  const Told told = run_director({"/bin/sh", "-c", "echo alive; exit 6"}, {level_, "BESIDE_DIE=1"});
  EXPECT_EQ(told.director, ExitStatus::killed(SIGKILL));
  EXPECT_EQ(told.text, "alive\n");
  EXPECT_EQ(reap_other(), ExitStatus::exited(6));
}

TEST_P(Beside, binding_to_the_parent_means_us) {
  const Told told = run_director({"/bin/sh", "-c", "exit 8"}, {level_, "BESIDE_BIND=1"});
  EXPECT_THAT(told.text, testing::EndsWith("42 1 -\n"));
  EXPECT_EQ(reap_other(), ExitStatus::exited(8));
}

// More than there are places in our memory; each child leaves its place when it executes.
TEST_P(Beside, many_start_at_once) {
  constexpr int count = 100;
  const Told told = run_director({"/bin/true"}, {level_, "BESIDE_MANY=" + std::to_string(count)});
  EXPECT_EQ(told.text, "100 executed, the first place is free\n");
  for (int number = 0; number < count; ++number) {
    EXPECT_EQ(reap_other(), ExitStatus::exited(0));
  }
}

INSTANTIATE_TEST_SUITE_P(spawn, Beside, testing::Values("1", "2", "3", "3-clone"),
                         [](const auto& level) {
                           std::string name = level.param;
                           std::ranges::replace(name, '-', '_');
                           return "level_" + name;
                         });

}  // namespace
}  // namespace tend::os
