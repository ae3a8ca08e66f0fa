// A disk that is full: policy `block` holds the writer back and loses nothing, `drop` counts.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "recorder_test_keeper.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

namespace fs = std::filesystem;

/// A tmpfs of 2 MiB over the log folder, in a mount namespace of this test's own.
class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "a small filesystem needs root and a mount namespace";
    }
  }

  void TearDown() override {
    if (is_mounted_) {
      umount2(folder_.c_str(), MNT_DETACH);
    }
  }

  /// Gone only after the filesystem in it.
  const TempDir dir_{};

  void make_small(const fs::path& folder) {
    folder_ = folder;
    ASSERT_EQ(mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m,mode=0700"), 0);
    is_mounted_ = true;
  }

  /// Takes all space but about 200 KiB.
  void fill() const { std::ofstream(folder_ / "filler") << std::string((2 << 20) - 200'000, 'f'); }

  void make_room() const { fs::remove(folder_ / "filler"); }

 private:
  fs::path folder_{};
  bool is_mounted_ = false;
};

void reap(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST_F(FullDisk, policy_block_holds_the_writer_back_and_loses_nothing) {
  TestKeeper keeper(dir_.path(), {logged_service("web", 100'000)});
  make_small(keeper.log_dir());
  fill();
  keeper.start_recorder();
  const pid_t writer = keeper.start_writer(0, 1, 4096, 0, 15'000);
  ASSERT_TRUE(comes_true([&] { return keeper.shown().blocked_errno == ENOSPC; }));
  keeper.listen(0);
  EXPECT_FALSE(keeper.has_ended(0, 1));
  EXPECT_EQ(waitpid(writer, nullptr, WNOHANG), 0) << "the writer should be held back";

  // Also when the recorder is killed while bytes wait in the staging pipe.
  keeper.kill_recorder();
  keeper.start_recorder();
  make_room();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  reap(writer);
  EXPECT_EQ(keeper.shown().blocked_errno, 0);
  EXPECT_EQ(keeper.state().log_bytes_dropped(0), 0U);
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  EXPECT_EQ(expect_whole_output("web", whole_log(keeper.log_dir(), "web")), 15'000U);
}

TEST_F(FullDisk, policy_drop_never_holds_the_writer_back_and_counts_each_byte) {
  TestKeeper keeper(dir_.path(), {logged_service("web", 10 << 20, 5, service::LogPolicy::drop)});
  make_small(keeper.log_dir());
  fill();
  keeper.start_recorder();
  os::Fd pipe = keeper.open_log(0, 1);
  const pid_t writer = keeper.start_writer(0, 2, 4096, 0, 15'000);
  reap(writer);
  ASSERT_TRUE(keeper.wait_for_end(0, 2));
  EXPECT_EQ(keeper.shown().blocked_errno, ENOSPC);
  const std::uint64_t dropped = keeper.state().log_bytes_dropped(0);
  const std::string written = written_by("web", 15'000);
  const std::string before = whole_log(keeper.log_dir(), "web");
  EXPECT_EQ(before.size() + dropped, written.size());
  EXPECT_TRUE(written.starts_with(before));

  make_room();
  ASSERT_TRUE(comes_true([&] { return keeper.shown().blocked_errno == 0; }));
  write_whole(pipe, "space again\n");
  pipe.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  const std::string after = whole_log(keeper.log_dir(), "web").substr(before.size());
  EXPECT_EQ(after, std::string(before.ends_with('\n') ? "" : "\n") +
                       "tend: " + std::to_string(dropped) +
                       " bytes of output are missing here: No space left on device\n"
                       "space again\n");
  EXPECT_EQ(keeper.state().log_bytes_dropped(0), dropped);
}

TEST_F(FullDisk, a_service_that_drops_is_not_held_back_by_one_that_blocks) {
  TestKeeper keeper(dir_.path(), {logged_service("web"),
                                  logged_service("db", 1 << 20, 5, service::LogPolicy::drop)});
  make_small(keeper.log_dir());
  fill();
  keeper.start_recorder();
  const pid_t blocked = keeper.start_writer(0, 1, 4096, 0, 15'000);
  ASSERT_TRUE(comes_true([&] { return keeper.shown().blocked_errno == ENOSPC; }));
  const pid_t dropping = keeper.start_writer(1, 2, 4096, 0, 15'000);
  reap(dropping);
  ASSERT_TRUE(keeper.wait_for_end(1, 2));
  EXPECT_EQ(keeper.state().log_bytes_dropped(1), written_by("db", 15'000).size());
  make_room();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  reap(blocked);
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  expect_whole_output("web", whole_log(keeper.log_dir(), "web"));
}

TEST(RecorderFileLimit, a_file_size_limit_set_meanwhile_leads_to_smaller_files) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  keeper.start_recorder();
  os::Fd pipe = keeper.open_log(0, 1);
  write_whole(pipe, "first\n");
  ASSERT_TRUE(comes_true([&] { return whole_log(keeper.log_dir(), "web") == "first\n"; }));
  const rlimit limit{.rlim_cur = 50'000, .rlim_max = 50'000};
  ASSERT_EQ(prlimit(keeper.recorder(), RLIMIT_FSIZE, &limit, nullptr), 0);
  const pid_t writer = keeper.start_writer(0, 2, 4096, 0, 5'000);
  ASSERT_TRUE(keeper.wait_for_end(0, 2));
  reap(writer);
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  const std::string bytes = whole_log(keeper.log_dir(), "web");
  ASSERT_TRUE(bytes.starts_with("first\n"));
  EXPECT_EQ(expect_whole_output("web", bytes.substr(6)), 5'000U);
  for (const auto& file : log_files_of(keeper.log_dir(), "web")) {
    EXPECT_LE(fs::file_size(file), 50'000U);
  }
}

}  // namespace

}  // namespace tend::test
