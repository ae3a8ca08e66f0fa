#include "service/control/request_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tend::service {
namespace {

using State = RequestReader::State;

TEST(RequestReader, puts_a_line_together_and_leaves_out_what_follows) {
  RequestReader reader(10);
  EXPECT_EQ(reader.add("ab"), State::partial);
  EXPECT_EQ(reader.add(""), State::partial);
  EXPECT_EQ(reader.add("cd\nef\n"), State::complete);
  EXPECT_EQ(reader.line(), "abcd");
  EXPECT_EQ(reader.add("gh\n"), State::complete);
  EXPECT_EQ(reader.line(), "abcd");
}

TEST(RequestReader, the_limit_is_that_of_the_line_without_its_newline) {
  RequestReader exact(4);
  EXPECT_EQ(exact.add("abcd"), State::partial);
  EXPECT_EQ(exact.add("\n"), State::complete);
  RequestReader over(4);
  EXPECT_EQ(over.add("abcd"), State::partial);
  EXPECT_EQ(over.add("e"), State::too_long);
  EXPECT_EQ(over.add("\n"), State::too_long);
  EXPECT_EQ(over.line(), "");
  RequestReader behind(4);
  EXPECT_EQ(behind.add("abcd\n" + std::string(1000, 'x')), State::complete);
}

TEST(RequestReader, the_end_of_the_stream_ends_a_line_but_makes_none) {
  RequestReader reader(10);
  reader.add("ab");
  EXPECT_EQ(reader.end(), State::complete);
  EXPECT_EQ(reader.line(), "ab");
  RequestReader empty(10);
  EXPECT_EQ(empty.end(), State::partial);
}

}  // namespace
}  // namespace tend::service
