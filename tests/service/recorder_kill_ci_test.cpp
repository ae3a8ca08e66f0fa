// kill -9 of the recorder, at random moments under load and at every system call of a rotation: the
// files hold each byte exactly once.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "recorder_test_keeper.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

/// TEND_TEST_SEED repeats a run.
unsigned seed() {
  const char* wish = std::getenv("TEND_TEST_SEED");
  const unsigned chosen = wish != nullptr ? static_cast<unsigned>(std::strtoul(wish, nullptr, 10))
                                          : std::random_device()();
  std::printf("seed %u\n", chosen);
  return chosen;
}

void finish_cleanly(TestKeeper& keeper) {
  keeper.say_finish();
  keeper.start_recorder();
  const int status = keeper.wait_for_recorder();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void expect_no_rotation_left(const TestKeeper& keeper) {
  for (const auto& entry : std::filesystem::directory_iterator(keeper.log_dir())) {
    EXPECT_NE(entry.path().extension(), ".new") << entry.path();
  }
}

TEST(RecorderKill, forty_kills_under_load_of_three_writers_lose_and_double_nothing) {
  constexpr int kills = 40;
  constexpr std::uint32_t writers = 3;
  std::mt19937 random(seed());
  const TempDir dir;
  TestKeeper keeper(dir.path(),
                    {logged_service("lines", 300'000), logged_service("blocks", 1'000'000),
                     logged_service("pages", 50'000)});
  keeper.start_recorder();
  std::vector<pid_t> pids{keeper.start_writer(0, 1, 0, 0, 0),
                          keeper.start_writer(1, 2, 65'500, 2'000, 0),
                          keeper.start_writer(2, 3, 4'096, 300, 0)};
  for (int count = 0; count < kills; ++count) {
    pause_ms(static_cast<int>(random() % 40));
    usleep(static_cast<useconds_t>(random() % 1'000));
    keeper.kill_recorder();
    keeper.start_recorder();
  }
  // However slow the machine is, each of them is rotated often.
  for (const char* name : {"lines", "blocks", "pages"}) {
    EXPECT_TRUE(comes_true([&] { return log_files_of(keeper.log_dir(), name).size() > 5; }));
  }
  for (const pid_t pid : pids) {
    kill(pid, SIGTERM);
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  for (std::uint32_t record = 0; record < writers; ++record) {
    ASSERT_TRUE(keeper.wait_for_end(record, record + 1));
  }
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  for (const char* name : {"lines", "blocks", "pages"}) {
    EXPECT_GT(expect_whole_output(name, whole_log(keeper.log_dir(), name)), 1'000U);
  }
  expect_no_rotation_left(keeper);
}

/// Two services with rotations: one of ordinary lines, one with lines that must be cut.
class RecorderKillAt : public testing::TestWithParam<const char*> {
 protected:
  /// One recorder that is killed at the `when`-th call, then one that finishes. Whether the first
  /// one lived to its end.
  static bool kill_at(const std::string& call, int when) {
    const TempDir dir;
    TestKeeper keeper(dir.path(), {logged_service("web", 4'000), logged_service("db", 3'000)});
    const std::string web = written_by("web", 350);
    const std::string db = written_by("db", 150);
    os::Fd first = keeper.open_log(0, 1);
    os::Fd second = keeper.open_log(1, 2);
    write_whole(first, web);
    write_whole(second, db);
    first.reset();
    second.reset();
    keeper.say_finish();
    keeper.start_recorder({"strace", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                           "inject=" + call + ":signal=SIGKILL:when=" + std::to_string(when)});
    const int status = keeper.wait_for_recorder();
    const bool has_lived = WIFEXITED(status);
    EXPECT_TRUE(!has_lived || WEXITSTATUS(status) == 0);
    finish_cleanly(keeper);
    EXPECT_TRUE(whole_log(keeper.log_dir(), "web") == web);
    EXPECT_TRUE(whole_log(keeper.log_dir(), "db") == db);
    expect_no_rotation_left(keeper);
    for (const auto& file : log_files_of(keeper.log_dir(), "web")) {
      const std::string bytes = read_file(file);
      EXPECT_TRUE(bytes.empty() || bytes.starts_with("web ")) << file;
      EXPECT_LE(bytes.size(), 4'000U) << file;
    }
    return has_lived;
  }
};

TEST_P(RecorderKillAt, every_call_loses_and_doubles_nothing) {
  if (std::system("strace -qq -o /dev/null true 2>/dev/null") != 0) {
    GTEST_SKIP() << "strace is missing, or may not trace here";
  }
  constexpr int calls_max = 1'000;
  int when = 1;
  while (when < calls_max && !kill_at(GetParam(), when) && !HasFailure()) {
    ++when;
  }
  EXPECT_LT(when, calls_max);
  EXPECT_GT(when, 5) << "the call is hardly made any more: the test proves nothing";
  std::printf("killed at %d calls of %s\n", when - 1, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Calls, RecorderKillAt,
                         testing::Values("splice", "renameat", "ftruncate", "pwrite64", "openat",
                                         "unlinkat"),
                         [](const auto& call) { return std::string(call.param); });

}  // namespace

}  // namespace tend::test
