#include "base/columns.hpp"

#include <gtest/gtest.h>

namespace tend::text {
namespace {

TEST(Columns, wide_characters_take_two_and_combining_marks_none) {
  EXPECT_EQ(display_columns("abc"), 3U);
  EXPECT_EQ(display_columns("日本"), 4U);
  EXPECT_EQ(display_columns("e\u0301"), 1U);
  EXPECT_EQ(display_columns("\xff\xfe"), 2U);
}

TEST(Columns, a_cut_is_shown_and_never_wider_than_asked) {
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
  EXPECT_EQ(clipped("abcdef", 5), "abcd…");
  EXPECT_EQ(clipped("日本語", 4), "日…");
  EXPECT_EQ(clipped("abc", 0), "");
  for (std::size_t columns = 0; columns < 12; ++columns) {
    EXPECT_LE(display_columns(clipped("a日b本c\xff語e\u0301xyz", columns)), columns);
  }
}

}  // namespace
}  // namespace tend::text
