#include "jobs/remote/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tend::jobs {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

struct OwnedFrame {
  std::uint8_t kind = 0;
  std::string payload{};

  bool operator==(const OwnedFrame&) const = default;
};

std::string frame(std::uint8_t kind, std::string_view payload) {
  std::string bytes;
  append_frame(bytes, kind, payload);
  return bytes;
}

/// All frames that are there now; stops at an error.
std::vector<OwnedFrame> take_all(FrameReader& reader) {
  std::vector<OwnedFrame> frames;
  while (true) {
    const auto next = reader.next();
    if (!next || !*next) {
      return frames;
    }
    frames.push_back({.kind = (*next)->kind, .payload = std::string((*next)->payload)});
  }
}

std::string problem_of(std::string_view bytes) {
  FrameReader reader;
  reader.feed(bytes);
  while (true) {
    const auto next = reader.next();
    if (!next) {
      return next.error().message();
    }
    if (!*next) {
      return "none";
    }
  }
}

TEST(RemoteFrame, frames_are_found_whatever_pieces_the_stream_comes_in) {
  const std::string stream = greeting() + frame(3, "abc") + frame(0, "") + frame(255, "\n\0\n"s);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    FrameReader reader;
    std::vector<OwnedFrame> frames;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view(stream).substr(at, piece));
      for (OwnedFrame& one : take_all(reader)) {
        frames.push_back(std::move(one));
      }
    }
    const std::vector<OwnedFrame> wanted = {{3, "abc"}, {0, ""}, {255, "\n\0\n"s}};
    EXPECT_EQ(frames, wanted) << piece;
    EXPECT_TRUE(reader.is_at_boundary());
  }
}

TEST(RemoteFrame, what_comes_before_the_greeting_is_skipped_and_kept_for_people) {
  FrameReader reader;
  reader.feed("Welcome to n1\nno newline behind this");
  EXPECT_TRUE(take_all(reader).empty());
  EXPECT_FALSE(reader.is_greeted());
  EXPECT_EQ(reader.foreword(), "Welcome to n1\nno newline behind this");
  reader.feed(greeting() + frame(1, "x"));
  EXPECT_EQ(take_all(reader).size(), 1U);
  EXPECT_TRUE(reader.is_greeted());
  EXPECT_EQ(reader.foreword(), "Welcome to n1\nno newline behind this");
}

TEST(RemoteFrame, a_foreword_without_end_is_an_error_and_not_kept_whole) {
  {
    FrameReader at_the_limit;
    at_the_limit.feed(std::string(foreword_bytes_max, 'y') + greeting());
    EXPECT_TRUE(at_the_limit.next());
    EXPECT_TRUE(at_the_limit.is_greeted());
  }
  FrameReader reader;
  reader.feed(std::string(foreword_bytes_max, 'y'));
  EXPECT_TRUE(reader.next());
  reader.feed("y" + greeting());
  const auto next = reader.next();
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().message(), HasSubstr("not of a worker of tend"));
  EXPECT_EQ(reader.foreword().size(), foreword_bytes_max);
  reader.feed(greeting());
  EXPECT_EQ(reader.next().error(), next.error());
}

TEST(RemoteFrame, another_version_is_told_with_both_numbers) {
  EXPECT_EQ(problem_of("hi " + greeting(7)),
            "greet: the other side is another tend: it speaks version 7 of the protocol, and this "
            "one version 1");
}

TEST(RemoteFrame, a_stream_that_was_altered_is_not_read_on) {
  std::string carriage_return = greeting() + frame(1, "abc");
  carriage_return.insert(carriage_return.size() - 1, "\r");
  EXPECT_THAT(problem_of(carriage_return), HasSubstr("its end is missing"));

  EXPECT_THAT(problem_of(greeting() + "warning: disk is nearly full\n"),
              HasSubstr("its size is beyond the limit"));

  std::string greeting_altered = greeting();
  greeting_altered.back() = '\r';
  EXPECT_THAT(problem_of(greeting_altered + "\n"), HasSubstr("the greeting was altered"));
}

TEST(RemoteFrame, the_longest_frame_passes_and_a_longer_one_does_not) {
  const std::string longest(frame_payload_bytes_max, 'z');
  FrameReader reader;
  reader.feed(greeting() + frame(9, longest));
  const auto frames = take_all(reader);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames.front().payload, longest);

  EXPECT_THAT(problem_of(greeting() + frame(9, longest + "z")), HasSubstr("beyond the limit"));
}

TEST(RemoteFrame, a_stream_that_ends_within_a_frame_is_not_at_a_boundary) {
  const std::string whole = frame(1, "abc");
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
    FrameReader reader;
    EXPECT_FALSE(reader.is_at_boundary());
    reader.feed(greeting() + whole.substr(0, bytes));
    EXPECT_TRUE(take_all(reader).empty());
    EXPECT_FALSE(reader.is_at_boundary()) << bytes;
  }
}

RC_GTEST_PROP(RemoteFrame, any_frames_survive_any_cutting, ()) {
  const auto sent = *rc::gen::container<std::vector<std::pair<std::uint8_t, std::string>>>(
      rc::gen::arbitrary<std::pair<std::uint8_t, std::string>>());
  std::string stream = greeting();
  for (const auto& [kind, payload] : sent) {
    append_frame(stream, kind, payload);
  }
  FrameReader reader;
  std::vector<OwnedFrame> frames;
  for (std::size_t at = 0; at < stream.size();) {
    const auto piece = static_cast<std::size_t>(*rc::gen::inRange(1, 40));
    reader.feed(std::string_view(stream).substr(at, piece));
    at += piece;
    for (OwnedFrame& one : take_all(reader)) {
      frames.push_back(std::move(one));
    }
  }
  RC_ASSERT(frames.size() == sent.size());
  for (std::size_t at = 0; at < sent.size(); ++at) {
    RC_ASSERT(frames[at].kind == sent[at].first);
    RC_ASSERT(frames[at].payload == sent[at].second);
  }
}

}  // namespace
}  // namespace tend::jobs
