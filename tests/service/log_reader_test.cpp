// Reading logs: from files made by hand, and behind a real recorder that rotates.

#include "service/log_reader/log_reader.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "recorder_test_keeper.hpp"
#include "service/log_reader/line_buffer.hpp"
#include "service/recorder/log_names.hpp"
#include "service/recorder/time_index.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

namespace fs = std::filesystem;
using service::Follow;
using service::LogLine;
using service::LogReader;
using service::LogReadOptions;
using service::LogStart;
using Strings = std::vector<std::string>;

/// What a reader gave out, per service as a stream and in all as "INDEX:LINE".
struct Collected {
  Strings lines{};
  Strings streams{};
  std::vector<std::int64_t> times{};
  std::size_t parts = 0;

  LogReader::Callback callback() {
    return [this](const LogLine& line) {
      streams.resize(std::max(streams.size(), line.service + 1));
      streams[line.service].append(line.bytes).append(line.ends_in_newline ? "\n" : "");
      lines.push_back(std::to_string(line.service) + (line.is_continued ? "+" : ":") +
                      std::string(line.bytes) + (line.ends_in_newline ? "" : "~"));
      times.push_back(line.realtime_ns);
      parts += line.ends_in_newline ? 0U : 1U;
    };
  }
};

void add_index(const std::string& path, std::uint64_t offset, std::int64_t time) {
  const auto bytes = service::encode({.offset = offset, .realtime_ns = time, .run = 1});
  std::ofstream(path, std::ios::app | std::ios::binary).write(bytes.data(), bytes.size());
}

LogReader open_reader(const std::string& dir, const Strings& names, LogReadOptions options) {
  auto reader = LogReader::open(dir, names, options);
  if (!reader) {
    ADD_FAILURE() << reader.error().message();
    std::abort();
  }
  return *std::move(reader);
}

Collected read_all(const std::string& dir, const Strings& names, LogReadOptions options) {
  Collected collected;
  LogReader reader = open_reader(dir, names, options);
  Result<bool> more = true;
  while (more && *more) {
    more = reader.read(collected.callback());
  }
  EXPECT_TRUE(more);
  reader.read_rest(collected.callback());
  return collected;
}

/// Follows until the predicate holds, waiting for what the reader says.
template <typename Predicate>
void follow_until(LogReader& reader, Collected& collected, const Predicate& predicate) {
  const auto callback = collected.callback();
  while (!predicate()) {
    const auto more = reader.read(callback);
    ASSERT_TRUE(more) << more.error().message();
    if (predicate() || *more) {
      continue;
    }
    const auto wait = reader.look_again_in();
    pollfd changes{.fd = reader.changes().get(), .events = POLLIN, .revents = 0};
    poll(&changes, 1, wait ? static_cast<int>(wait->count()) : 10'000);
  }
}

TEST(LineBuffer, cuts_lines_and_keeps_the_rest) {
  service::LineBuffer buffer;
  buffer.append("one\n\ntw");
  EXPECT_EQ(buffer.next()->bytes, "one");
  EXPECT_EQ(buffer.next()->bytes, "");
  EXPECT_FALSE(buffer.next());
  EXPECT_EQ(buffer.size(), 2U);
  buffer.append("o\nrest");
  EXPECT_EQ(buffer.next()->bytes, "two");
  EXPECT_FALSE(buffer.next());
  const auto rest = buffer.rest();
  EXPECT_EQ(rest->bytes, "rest");
  EXPECT_FALSE(rest->ends_line);
  EXPECT_FALSE(buffer.rest());
}

TEST(LineBuffer, gives_long_lines_in_parts_of_64_KiB) {
  service::LineBuffer buffer;
  buffer.append(std::string(150'000, 'x') + "\nshort\n");
  Strings sizes;
  while (const auto piece = buffer.next()) {
    sizes.push_back(std::to_string(piece->bytes.size()) + (piece->ends_line ? "." : "~"));
  }
  EXPECT_EQ(sizes, (Strings{"65536~", "65536~", "18928.", "5."}));
}

TEST(LogReader, reads_finished_files_and_the_current_one_as_one_stream) {
  const TempDir dir;
  dir.write("web.log.000009", "a\nb\n");
  dir.write("web.log.000010", "c\nd\n");
  dir.write("web.log", "e\nf");
  const auto read = read_all(dir.path(), {"web"}, {.start = LogStart::beginning});
  EXPECT_EQ(read.lines, (Strings{"0:a", "0:b", "0:c", "0:d", "0:e", "0:f~"}));
}

TEST(LogReader, tail_counts_lines_back_through_finished_files) {
  const TempDir dir;
  dir.write("web.log.000001", "a\nb\n");
  dir.write("web.log.000002", "c\nd\n");
  dir.write("web.log", "e\nf");
  const Strings all{"0:a", "0:b", "0:c", "0:d", "0:e", "0:f~"};
  for (std::size_t lines = 0; lines <= 8; ++lines) {
    const auto read = read_all(dir.path(), {"web"}, {.start = LogStart::tail, .lines = lines});
    const std::size_t skipped = lines < all.size() ? all.size() - lines : 0;
    EXPECT_EQ(read.lines, Strings(all.begin() + static_cast<std::ptrdiff_t>(skipped), all.end()))
        << lines;
  }
}

TEST(LogReader, tail_of_a_long_file_does_not_depend_on_block_borders) {
  const TempDir dir;
  const std::string text = written_by("web", 5'000);
  dir.write("web.log", text);
  for (const std::size_t lines : {1U, 2U, 700U, 1'300U, 5'000U, 5'001U, 9'000U}) {
    const auto read = read_all(dir.path(), {"web"}, {.start = LogStart::tail, .lines = lines});
    EXPECT_EQ(read.lines.size(), std::min<std::size_t>(lines, 5'001));
    EXPECT_TRUE(text.ends_with(read.streams.at(0)));
  }
}

TEST(LogReader, merges_services_by_the_arrival_times_of_their_indexes) {
  const TempDir dir;
  dir.write("web.log", "w1\nw2\nw3\n");
  dir.write("db.log", "d1\nd2\n");
  add_index(dir / "web.log.000001.idx", 0, 100);
  add_index(dir / "web.log.000001.idx", 3, 300);
  add_index(dir / "web.log.000001.idx", 6, 500);
  add_index(dir / "db.log.000001.idx", 0, 200);
  add_index(dir / "db.log.000001.idx", 3, 400);
  const auto read = read_all(dir.path(), {"web", "db"}, {.start = LogStart::beginning});
  EXPECT_EQ(read.lines, (Strings{"0:w1", "1:d1", "0:w2", "1:d2", "0:w3"}));
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{100, 200, 300, 400, 500}));
}

TEST(LogReader, since_begins_with_the_first_line_that_arrived_then) {
  const TempDir dir;
  dir.write("web.log.000001", "a\nb\n");
  add_index(dir / "web.log.000001.idx", 0, 100);
  add_index(dir / "web.log.000001.idx", 2, 200);
  dir.write("web.log", "c\nlong line\nd\n");
  add_index(dir / "web.log.000002.idx", 0, 300);
  add_index(dir / "web.log.000002.idx", 7, 400);  // Amid the long line, which began before.
  add_index(dir / "web.log.000002.idx", 12, 500);
  const auto read_since = [&dir](std::int64_t time) {
    return read_all(dir.path(), {"web"}, {.start = LogStart::since, .since_realtime_ns = time})
        .lines;
  };
  EXPECT_EQ(read_since(0), (Strings{"0:a", "0:b", "0:c", "0:long line", "0:d"}));
  EXPECT_EQ(read_since(150), (Strings{"0:b", "0:c", "0:long line", "0:d"}));
  EXPECT_EQ(read_since(300), (Strings{"0:c", "0:long line", "0:d"}));
  EXPECT_EQ(read_since(400), (Strings{"0:d"}));
  EXPECT_EQ(read_since(501), Strings{});
}

TEST(LogReader, a_torn_index_costs_no_line) {
  const TempDir dir;
  dir.write("web.log", "a\nb\nc\n");
  const std::string path = dir / "web.log.000001.idx";
  for (std::uint64_t offset = 0; offset < 6; offset += 2) {
    add_index(path, offset, 100 + static_cast<std::int64_t>(offset));
  }
  for (std::size_t size = 3 * service::index_entry_bytes + 1; size-- > 0;) {
    fs::resize_file(path, size);
    const auto read = read_all(dir.path(), {"web"}, {.start = LogStart::beginning});
    EXPECT_EQ(read.streams.at(0), "a\nb\nc\n") << size;
  }
}

TEST(LogReader, a_long_line_comes_in_parts_and_NUL_bytes_as_they_are) {
  const TempDir dir;
  const std::string text = std::string(1 << 20, 'x') + '\n' + std::string("a\0b", 3);
  dir.write("web.log", text);
  const auto read = read_all(dir.path(), {"web"}, {.start = LogStart::beginning});
  EXPECT_TRUE(read.streams.at(0) == text);
  EXPECT_EQ(read.parts, 16U);
}

TEST(LogReader, a_service_without_log_is_no_error_and_a_link_is_one) {
  const TempDir dir;
  EXPECT_TRUE(read_all(dir.path(), {"web"}, {}).lines.empty());
  fs::create_symlink("/etc/passwd", dir / "web.log");
  EXPECT_FALSE(LogReader::open(dir.path(), Strings{"web"}, {}));
  EXPECT_FALSE(LogReader::open(dir / "missing", Strings{"web"}, {}));
}

TEST(LogReader, follows_each_line_once_across_rotations_of_a_busy_recorder) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 20'000), logged_service("db", 50'000)});
  keeper.start_recorder();
  LogReader reader =
      open_reader(keeper.log_dir(), {"web", "db"}, {.start = LogStart::end, .follow = Follow::yes});
  const pid_t lines = keeper.start_writer(0, 1, 0, 50, 0);
  const pid_t blocks = keeper.start_writer(1, 2, 4'001, 500, 0);
  Collected collected;
  const auto rotations = [&keeper](const char* name) {
    return log_files_of(keeper.log_dir(), name).size();
  };
  follow_until(reader, collected, [&] { return rotations("web") > 10 && rotations("db") > 10; });
  for (const pid_t pid : {lines, blocks}) {
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
  }
  ASSERT_TRUE(keeper.wait_for_end(0, 1));
  ASSERT_TRUE(keeper.wait_for_end(1, 2));
  follow_until(reader, collected, [&] {
    return collected.streams.size() == 2 && collected.streams[0].contains(" end ") &&
           collected.streams[1].contains(" end ");
  });
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  expect_whole_output("web", collected.streams[0]);
  expect_whole_output("db", collected.streams[1]);
}

TEST(LogReader, follows_through_kills_of_the_recorder) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 20'000)});
  keeper.start_recorder();
  LogReader reader =
      open_reader(keeper.log_dir(), {"web"}, {.start = LogStart::end, .follow = Follow::yes});
  const pid_t writer = keeper.start_writer(0, 1, 4'001, 500, 0);
  Collected collected;
  for (std::size_t files = 3; files < 20; ++files) {
    follow_until(reader, collected,
                 [&] { return log_files_of(keeper.log_dir(), "web").size() >= files; });
    keeper.kill_recorder();
    keeper.start_recorder();
  }
  kill(writer, SIGTERM);
  waitpid(writer, nullptr, 0);
  follow_until(reader, collected, [&] { return collected.streams[0].contains(" end "); });
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
  expect_whole_output("web", collected.streams[0]);
}

TEST(LogReader, gives_out_an_unfinished_line_after_a_while_and_its_rest_once) {
  const TempDir dir;
  TestKeeper keeper(dir.path(), {logged_service("web", 1'000)});
  keeper.start_recorder();
  LogReader reader =
      open_reader(keeper.log_dir(), {"web"}, {.start = LogStart::end, .follow = Follow::yes});
  os::Fd pipe = keeper.open_log(0, 1);
  Collected collected;
  write_whole(pipe, std::string(900, 'a') + "\nprompt> ");
  follow_until(reader, collected, [&] { return collected.lines.size() == 2; });
  EXPECT_EQ(collected.lines[1], "0:prompt> ~");

  // The rotation moves the unfinished line, of which a part was given out, to the next file.
  write_whole(pipe, std::string(200, 'b'));
  ASSERT_TRUE(comes_true([&] { return whole_log(keeper.log_dir(), "web").size() == 1'109; }));
  write_whole(pipe, "c\nd\n");
  follow_until(reader, collected, [&] { return collected.streams[0].ends_with("d\n"); });
  EXPECT_EQ(log_files_of(keeper.log_dir(), "web").size(), 2U);
  EXPECT_EQ(collected.streams[0],
            std::string(900, 'a') + "\nprompt> " + std::string(200, 'b') + "c\nd\n");
  EXPECT_TRUE(collected.lines[2].starts_with("0+b")) << collected.lines[2];
  keeper.say_finish();
  EXPECT_EQ(keeper.wait_for_recorder(), 0);
}

TEST(LogReader, goes_on_with_the_oldest_file_left_when_it_was_overtaken) {
  const TempDir dir;
  dir.write("web.log.000001", "a\n");
  dir.write("web.log", "b\n");
  LogReader reader =
      open_reader(dir.path(), {"web"}, {.start = LogStart::beginning, .follow = Follow::yes});
  fs::remove(dir / "web.log.000001");
  fs::rename(dir / "web.log", dir / "web.log.000004");
  dir.write("web.log.000005", "c\n");
  dir.write("web.log", "d\n");
  Collected collected;
  follow_until(reader, collected, [&] { return collected.lines.size() == 3; });
  EXPECT_EQ(collected.lines, (Strings{"0:b", "0:c", "0:d"}));
}

TEST(LogReader, begins_anew_when_the_file_was_emptied_or_replaced_by_hand) {
  const TempDir dir;
  dir.write("web.log", "a\n");
  LogReader reader =
      open_reader(dir.path(), {"web"}, {.start = LogStart::end, .follow = Follow::yes});
  Collected collected;
  std::ofstream(dir / "web.log", std::ios::app) << "b\n" << std::flush;
  follow_until(reader, collected, [&] { return collected.lines.size() == 1; });
  fs::resize_file(dir / "web.log", 0);
  follow_until(reader, collected, [&] { return !reader.look_again_in(); });
  std::ofstream(dir / "web.log", std::ios::app) << "c\n" << std::flush;
  follow_until(reader, collected, [&] { return collected.lines.size() == 2; });
  fs::remove(dir / "web.log");
  dir.write("web.log.000002.idx", "");
  dir.write("web.log", "d\n");
  follow_until(reader, collected, [&] { return collected.lines.size() == 3; });
  EXPECT_EQ(collected.lines, (Strings{"0:b", "0:c", "0:d"}));
}

}  // namespace

}  // namespace tend::test
