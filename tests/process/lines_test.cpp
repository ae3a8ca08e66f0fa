// Lines of output: cut out of bytes, and read from a child with a time limit.

#include <gtest/gtest.h>
#include <tend/command.hpp>
#include <tend/lines.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "process/probe.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

std::vector<Line> lines_of(LineSplitter& splitter) {
  std::vector<Line> lines;
  while (auto line = splitter.next()) {
    lines.push_back(*std::move(line));
  }
  return lines;
}

std::vector<std::string> texts_of(LineSplitter& splitter) {
  std::vector<std::string> texts;
  for (Line& line : lines_of(splitter)) {
    texts.push_back(std::move(line.text));
  }
  return texts;
}

TEST(LineSplitter, cuts_the_same_lines_whatever_the_pieces) {
  const std::string bytes("a\n\nbc\r\nd\0e\n\xff\xfe\nlast", 18);
  const std::vector<std::string> expected{"a",        "",    "bc\r", std::string("d\0e", 3),
                                          "\xff\xfe", "last"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    LineSplitter splitter;
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      splitter.add(std::string_view(bytes).substr(at, piece));
      for (std::string& text : texts_of(splitter)) {
        texts.push_back(std::move(text));
      }
    }
    splitter.end();
    for (std::string& text : texts_of(splitter)) {
      texts.push_back(std::move(text));
    }
    EXPECT_EQ(texts, expected) << "pieces of " << piece;
  }
}

TEST(LineSplitter, tells_how_a_line_ended) {
  LineSplitter splitter;
  splitter.add("a\nb");
  EXPECT_EQ(lines_of(splitter), (std::vector<Line>{{.text = "a"}}));
  splitter.end();
  EXPECT_EQ(lines_of(splitter), (std::vector<Line>{{.text = "b", .end = LineEnd::end_of_stream}}));
  EXPECT_EQ(splitter.next(), std::nullopt);
}

TEST(LineSplitter, makes_no_line_of_nothing) {
  LineSplitter empty;
  empty.end();
  EXPECT_EQ(empty.next(), std::nullopt);
  LineSplitter whole;
  whole.add("a\n");
  whole.end();
  EXPECT_EQ(lines_of(whole).size(), 1U);
}

TEST(LineSplitter, gives_a_line_over_the_limit_in_pieces_and_loses_nothing) {
  LineSplitter splitter(4);
  splitter.add("abcdefghij\nklmn\no");
  splitter.end();
  EXPECT_EQ(lines_of(splitter), (std::vector<Line>{{.text = "abcd", .end = LineEnd::limit},
                                                   {.text = "efgh", .end = LineEnd::limit},
                                                   {.text = "ij"},
                                                   {.text = "klmn"},
                                                   {.text = "o", .end = LineEnd::end_of_stream}}));
}

TEST(LineSplitter, gives_a_line_over_the_limit_before_its_end_has_come) {
  LineSplitter splitter(3);
  splitter.add("abcd");
  EXPECT_EQ(lines_of(splitter), (std::vector<Line>{{.text = "abc", .end = LineEnd::limit}}));
}

TEST(LineSplitter, takes_a_line_of_ten_megabytes_in_small_pieces) {
  LineSplitter splitter;
  const std::string piece(4096, 'x');
  constexpr int pieces = 2560;
  for (int count = 0; count < pieces; ++count) {
    splitter.add(piece);
    ASSERT_EQ(splitter.next(), std::nullopt);
  }
  splitter.add("\n");
  EXPECT_EQ(splitter.next()->text.size(), pieces * piece.size());
}

TEST(LineReader, reads_both_streams_to_their_ends) {
  Child child = started(
      Command::shell("echo one; echo two >&2; printf three").out(Stdio::pipe()).err(Stdio::pipe()));
  LineReader reader = child.lines();
  std::vector<Line> out;
  std::vector<Line> err;
  while (auto line = reader.next(30s).value()) {
    (line->stream == OutputStream::out ? out : err).push_back(*line);
  }
  EXPECT_EQ(out,
            (std::vector<Line>{{.text = "one"}, {.text = "three", .end = LineEnd::end_of_stream}}));
  EXPECT_EQ(err, (std::vector<Line>{{.stream = OutputStream::err, .text = "two"}}));
  EXPECT_EQ(reader.next().value(), std::nullopt);
  EXPECT_TRUE(child.wait()->success());
}

TEST(LineReader, a_time_that_is_over_loses_nothing) {
  Child child = started(
      Command::shell("printf begin; read x; echo end").in(Stdio::pipe()).out(Stdio::pipe()));
  LineReader reader = child.lines();
  const auto early = reader.next(1ms);
  ASSERT_FALSE(early.has_value());
  EXPECT_EQ(early.error().code, ETIMEDOUT);
  child.in().reset();
  EXPECT_EQ(reader.next(30s).value()->text, "beginend");
  EXPECT_EQ(reader.next(30s).value(), std::nullopt);
  static_cast<void>(child.wait());
}

TEST(LineReader, a_line_of_ten_megabytes_arrives_whole) {
  Child child = started(Command::shell("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo after")
                            .out(Stdio::pipe()));
  LineReader reader = child.lines();
  EXPECT_EQ(reader.next(60s).value()->text, std::string(10'000'000, 'x'));
  EXPECT_EQ(reader.next(60s).value()->text, "after");
  EXPECT_EQ(reader.next(60s).value(), std::nullopt);
  static_cast<void>(child.wait());
}

TEST(LineReader, both_streams_get_their_turn) {
  Child child = started(
      Command::shell("yes & yes >&2 & wait").out(Stdio::pipe()).err(Stdio::pipe()).new_group());
  LineReader reader = child.lines();
  int out = 0;
  int err = 0;
  while (out < 1000 || err < 1000) {
    const auto line = reader.next(60s).value();
    ASSERT_TRUE(line.has_value());
    ++(line->stream == OutputStream::out ? out : err);
  }
  EXPECT_TRUE(child.kill_tree().has_value());
  static_cast<void>(child.wait());
}

}  // namespace
}  // namespace tend::test
