// The recorder as a process: what comes out of the pipes lies in the files, to the byte.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "os/clock.hpp"
#include "os/unix_socket.hpp"
#include "recorder_test_keeper.hpp"
#include "service/handover.hpp"
#include "service/recorder/time_index.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

namespace fs = std::filesystem;

int finish(TestKeeper& keeper) {
  keeper.say_finish();
  return keeper.wait_for_recorder();
}

void reap(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(Recorder, writes_what_lies_in_the_pipes_and_finishes) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web"), logged_service("db")});
  const os::Fd web = keeper.open_log(0, 1);
  keeper.start_recorder();
  const os::Fd db = keeper.open_log(1, 2);
  write_whole(web, "hello\nworld");
  write_whole(db, std::string("a\0b\n", 4));
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "hello\nworld");
  EXPECT_EQ(read_file(keeper.log_dir() / "db.log"), std::string("a\0b\n", 4));
  EXPECT_EQ(fs::status(keeper.log_dir() / "web.log").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST(Recorder, tells_the_keeper_when_a_run_has_ended_and_is_written) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  keeper.start_recorder();
  os::Fd first = keeper.open_log(0, 1);
  write_whole(first, "one\n");
  first.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "one\n");
  os::Fd second = keeper.open_log(0, 2);
  write_whole(second, "two\n");
  second.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 2));
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "one\ntwo\n");
  EXPECT_EQ(finish(keeper), 0);
}

TEST(Recorder, what_a_run_has_left_comes_before_the_first_word_of_the_next) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  const std::string left(60'000, 'x');
  // Both lie in their pipes before there is a recorder, the later run stored first.
  os::Fd second = keeper.open_log(0, 2);
  write_whole(second, "second\n");
  os::Fd first = keeper.open_log(0, 1);
  write_whole(first, left + "\n");
  first.reset();
  keeper.start_recorder();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  second.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 2));
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), left + "\nsecond\n");
}

TEST(Recorder, a_pipe_that_a_stranger_keeps_open_holds_the_next_run_back_for_a_moment_only) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  const os::Fd kept = keeper.open_log(0, 1);
  write_whole(kept, "first\n");
  os::Fd second = keeper.open_log(0, 2);
  write_whole(second, "second\n");
  second.reset();
  keeper.start_recorder();
  ASSERT_TRUE(keeper.wait_for_end(0, 2));
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "first\nsecond\n");
}

TEST(Recorder, goes_on_at_the_end_of_an_existing_file) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  std::ofstream(keeper.log_dir() / "web.log") << "before\n";
  os::Fd pipe = keeper.open_log(0, 1);
  write_whole(pipe, "after\n");
  keeper.start_recorder();
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "before\nafter\n");
}

TEST(Recorder, rotation_never_cuts_loses_or_doubles_one_of_120000_lines) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 100'000)});
  keeper.start_recorder();
  const pid_t writer = keeper.start_writer(0, 1, 4096, 0, 120'000);
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  reap(writer);
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(expect_whole_output("web", whole_log(keeper.log_dir(), "web")), 120'000U);
  const auto files = log_files_of(keeper.log_dir(), "web");
  EXPECT_GT(files.size(), 50U);
  for (const auto& file : files) {
    const std::string bytes = read_file(file);
    EXPECT_LE(bytes.size(), 100'000U) << file;
    EXPECT_TRUE(bytes.empty() || bytes.back() == '\n') << file;
    EXPECT_TRUE(bytes.empty() || bytes.starts_with("web ")) << file;
  }
}

TEST(Recorder, keeps_the_newest_files_and_their_indexes) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 10'000, 3)});
  keeper.start_recorder();
  const pid_t writer = keeper.start_writer(0, 1, 0, 0, 5'000);
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  reap(writer);
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(log_files_of(keeper.log_dir(), "web").size(), 4U);
  std::size_t indexes = 0;
  for (const auto& entry : fs::directory_iterator(keeper.log_dir())) {
    indexes += entry.path().extension() == ".idx" ? 1U : 0U;
  }
  EXPECT_EQ(indexes, 4U);
  const std::string all = written_by("web", 5'000);
  EXPECT_TRUE(all.ends_with(whole_log(keeper.log_dir(), "web")));
}

TEST(Recorder, a_line_longer_than_the_file_may_be_stays_whole) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 100'000)});
  keeper.start_recorder();
  os::Fd pipe = keeper.open_log(0, 1);
  const std::string bytes = "short\n" + std::string(1 << 20, 'x') + "\nshort\n";
  write_whole(pipe, bytes);
  pipe.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_TRUE(whole_log(keeper.log_dir(), "web") == bytes);
  for (const auto& file : log_files_of(keeper.log_dir(), "web")) {
    const std::string part = read_file(file);
    EXPECT_TRUE(part.empty() || part.ends_with('\n')) << file;
  }
}

TEST(Recorder, a_line_without_end_is_cut_after_8_MiB_and_the_index_says_so) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 100'000)});
  keeper.start_recorder();
  os::Fd pipe = keeper.open_log(0, 1);
  const std::string bytes(20 << 20, 'x');
  write_whole(pipe, bytes);
  pipe.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_TRUE(whole_log(keeper.log_dir(), "web") == bytes);
  const auto files = log_files_of(keeper.log_dir(), "web");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(fs::file_size(files[0]), 100'000U + (8U << 20U));
  const auto index = service::decode_index(read_file(files[0].string() + ".idx"));
  ASSERT_FALSE(index.empty());
  EXPECT_EQ(index.back().kind, service::IndexKind::cut);
  EXPECT_EQ(index.back().offset, fs::file_size(files[0]));
}

TEST(Recorder, the_index_tells_when_what_arrived_and_of_which_run) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  keeper.start_recorder();
  for (std::uint32_t run = 1; run <= 3; ++run) {
    os::Fd pipe = keeper.open_log(0, run);
    write_whole(pipe, "run " + std::to_string(run) + "\n");
    pipe.reset();
    ASSERT_TRUE(keeper.wait_for_end(0, run));
  }
  EXPECT_EQ(finish(keeper), 0);
  const auto index = service::decode_index(read_file(keeper.log_dir() / "web.log.000001.idx"));
  ASSERT_EQ(index.size(), 4U);
  EXPECT_EQ(index[0].kind, service::IndexKind::begin);
  for (std::uint32_t run = 1; run <= 3; ++run) {
    EXPECT_EQ(index[run].kind, service::IndexKind::chunk);
    EXPECT_EQ(index[run].run, run);
    EXPECT_EQ(index[run].offset, 6 * (run - 1));
    EXPECT_GE(index[run].realtime_ns, index[run - 1].realtime_ns);
  }
}

TEST(Recorder, a_log_file_that_is_a_symbolic_link_is_refused_and_holds_back_only_its_service) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web"), logged_service("db")});
  const std::string victim = dir.write("victim", "precious\n");
  fs::create_symlink(victim, keeper.log_dir() / "web.log");
  keeper.start_recorder();
  os::Fd web = keeper.open_log(0, 1);
  os::Fd db = keeper.open_log(1, 2);
  write_whole(web, "held back\n");
  ASSERT_TRUE(comes_true([&] { return keeper.shown().blocked_errno == ELOOP; }));
  write_whole(db, "goes on\n");
  db.reset();
  ASSERT_TRUE(keeper.wait_for_end(1, 2));
  EXPECT_EQ(read_file(keeper.log_dir() / "db.log"), "goes on\n");
  EXPECT_EQ(read_file(victim), "precious\n");
  fs::remove(keeper.log_dir() / "web.log");
  web.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  EXPECT_EQ(keeper.shown().blocked_errno, 0);
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "held back\n");
  EXPECT_EQ(finish(keeper), 0);
}

TEST(Recorder, a_removed_folder_is_made_anew) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  keeper.start_recorder();
  os::Fd pipe = keeper.open_log(0, 1);
  write_whole(pipe, "one\n");
  ASSERT_TRUE(comes_true([&] { return whole_log(keeper.log_dir(), "web") == "one\n"; }));
  fs::remove_all(keeper.log_dir());
  write_whole(pipe, "two\n");
  pipe.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "two\n");
  EXPECT_EQ(fs::status(keeper.log_dir()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(finish(keeper), 0);
}

TEST(Recorder, a_folder_replaced_by_a_symbolic_link_blocks_until_it_is_a_folder_again) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  fs::remove(keeper.log_dir());
  fs::create_directory(dir / "elsewhere");
  fs::create_symlink(dir / "elsewhere", keeper.log_dir());
  keeper.start_recorder();
  os::Fd pipe = keeper.open_log(0, 1);
  write_whole(pipe, "one\n");
  ASSERT_TRUE(comes_true([&] { return keeper.shown().blocked_errno != 0; }));
  EXPECT_TRUE(fs::is_empty(dir / "elsewhere"));
  fs::remove(keeper.log_dir());
  pipe.reset();
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "one\n");
  EXPECT_EQ(finish(keeper), 0);
}

TEST(Recorder, lives_on_without_a_keeper_until_every_pipe_has_ended) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  os::Fd pipe = keeper.open_log(0, 1);
  keeper.start_recorder();
  write_whole(pipe, "one\n");
  ASSERT_TRUE(comes_true([&] { return fs::exists(keeper.log_dir() / "web.log"); }));
  keeper.vanish();
  write_whole(pipe, "two\n");
  ASSERT_TRUE(comes_true([&] { return whole_log(keeper.log_dir(), "web") == "one\ntwo\n"; }));
  pipe.reset();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
}

/// How often a process went to sleep (proc_pid_status(5)).
std::string sleeps_of(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find("voluntary_ctxt_switches:");
  return status.substr(at, status.find('\n', at) - at);
}

/// Whether it comes to rest: it waits for what comes next.
bool becomes_idle(pid_t pid) {
  return comes_true([pid] {
    const std::string before = sleeps_of(pid);
    pause_ms(50);
    return sleeps_of(pid) == before;
  });
}

/// All that the recorder gives to whoever asks at the door; then it is let go.
void inherit_from(const os::Fd& connection) {
  const auto given = service::take_all(connection, os::monotonic_now() + std::chrono::seconds(30));
  ASSERT_TRUE(given) << given.error().message();
  EXPECT_FALSE(given->empty());
}

os::Fd knock(const std::string& door) {
  auto connection = os::connect_unix(door);
  EXPECT_TRUE(connection) << connection.error().message();
  return std::move(*connection);
}

TEST(Recorder, what_comes_while_it_hands_over_is_left_to_its_successor) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  const std::string door = dir.path() / "door";
  keeper.open_door(door);
  const os::Fd pipe = keeper.open_log(0, 1);
  keeper.start_recorder();
  keeper.vanish();
  // One who asks and starts no other recorder: it goes on.
  inherit_from(knock(door));
  write_whole(pipe, "one\n");
  ASSERT_TRUE(comes_true([&] { return whole_log(keeper.log_dir(), "web") == "one\n"; }));

  // The heir and the bytes come in one turn of its loop, the heir first.
  ASSERT_TRUE(becomes_idle(keeper.recorder()));
  ASSERT_EQ(kill(keeper.recorder(), SIGSTOP), 0);
  os::Fd heir = knock(door);
  write_whole(pipe, "two\n");
  ++keeper.state().header().keeper.recorder_starts;
  ASSERT_EQ(kill(keeper.recorder(), SIGCONT), 0);
  inherit_from(heir);
  heir.reset();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  EXPECT_EQ(whole_log(keeper.log_dir(), "web"), "one\n");
}

TEST(Recorder, an_idle_recorder_does_not_wake_up) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web"), logged_service("db")});
  keeper.start_recorder();
  const os::Fd quiet = keeper.open_log(0, 1);
  const pid_t writer = keeper.start_writer(1, 2, 100, 0, 1'000);
  ASSERT_TRUE(keeper.wait_for_end(1, 2));  // A pipe without a writer is not looked at any more.
  reap(writer);
  write_whole(quiet, "one\n");
  ASSERT_TRUE(becomes_idle(keeper.recorder()));
  const std::string before = sleeps_of(keeper.recorder());
  pause_ms(500);
  EXPECT_EQ(sleeps_of(keeper.recorder()), before);
  EXPECT_EQ(finish(keeper), 0);
  EXPECT_EQ(read_file(keeper.log_dir() / "web.log"), "one\n");
}

TEST(Recorder, refuses_a_foreign_state_file) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web")});
  keeper.state().header().magic[0] = 'x';
  keeper.start_recorder();
  const int status = keeper.wait_for_recorder();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace

}  // namespace tend::test
