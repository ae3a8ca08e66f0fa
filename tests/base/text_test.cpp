#include "base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace tend::text {
namespace {

TEST(Text, formats_booleans_letters_numbers_and_texts) {
  EXPECT_EQ(format("nothing"), "nothing");
  EXPECT_EQ(format("{}|{}|{}|{}", true, 'x', -5, 7U), "true|x|-5|7");
  EXPECT_EQ(format("{}|{}|{}", std::string("a"), "b", std::string_view("c")), "a|b|c");
  EXPECT_EQ(format("{:>5}|{:<5}|{:03}|{:.2f}|{:#x}", "ab", "cd", 7, 1.5, 255),
            "   ab|cd   |007|1.50|0xff");
  EXPECT_EQ(format("{:>{}}", "ab", 4), "  ab");
  EXPECT_EQ(format("{{}}{}", 1), "{}1");
  EXPECT_EQ(format("{}", UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(format("{}", INT64_MIN), "-9223372036854775808");
}

TEST(TextDeathTest, aborts_on_a_pattern_that_is_a_bug_of_ours) {
  EXPECT_DEATH(static_cast<void>(format_arguments("{:d}", std::vector{Argument("text")})),
               "tend: bug");
}

TEST(Text, joins_and_splits) {
  const std::vector<std::string> parts{"a", "", "c"};
  EXPECT_EQ(join(parts, ", "), "a, , c");
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
  EXPECT_EQ(split("a,,c", ','), (std::vector<std::string_view>{"a", "", "c"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split(",", ','), (std::vector<std::string_view>{"", ""}));
}

TEST(Text, trims_blanks_at_both_ends_only) {
  EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Text, escapes_what_a_terminal_would_act_on) {
  EXPECT_EQ(printable("plain é 日本"), "plain é 日本");
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(printable("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\u009b");
  EXPECT_EQ(printable("a\u202e\u2066b"), "a\\u202e\\u2066b");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, quotes_with_escapes_of_its_own) { EXPECT_EQ(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\n\""); }

TEST(Text, writes_words_as_a_shell_reads_them) {
  EXPECT_EQ(shell_word("plain-word_1./:=@%+,"), "plain-word_1./:=@%+,");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("two words"), "'two words'");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(shell_words(std::vector<std::string>{"sh", "-c", "a b"}), "sh -c 'a b'");
}

TEST(Text, finds_where_utf8_ends) {
  EXPECT_EQ(invalid_utf8("aé日😀"), std::nullopt);
  EXPECT_EQ(invalid_utf8("a\xc3"), 1U);
  EXPECT_EQ(invalid_utf8("\xc0\xaf"), 0U);          // overlong
  EXPECT_EQ(invalid_utf8("ab\xed\xa0\x80"), 2U);    // surrogate
  EXPECT_EQ(invalid_utf8("\xf4\x90\x80\x80"), 0U);  // beyond U+10FFFF
  EXPECT_EQ(invalid_utf8("\x80"), 0U);
}

TEST(Text, replaces_what_is_not_utf8) {
  EXPECT_EQ(with_valid_utf8("a\xff\xc3z"), "a\uFFFD\uFFFDz");
  EXPECT_EQ(with_valid_utf8("日本"), "日本");
}

RC_GTEST_PROP(Text, makes_any_bytes_valid_and_printable, (const std::string& bytes)) {
  RC_ASSERT(!invalid_utf8(with_valid_utf8(bytes)));
  const std::string shown = printable(bytes);
  RC_ASSERT(!invalid_utf8(shown));
  for (const char letter : shown) {
    RC_ASSERT(static_cast<unsigned char>(letter) >= 0x20);
  }
}

TEST(Text, counts_edits_with_swaps_as_one) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("reday", "ready"), 1U);
}

RC_GTEST_PROP(Text, distance_is_symmetric_and_zero_only_for_equals,
              (const std::string& a, const std::string& b)) {
  RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
  RC_ASSERT(((edit_distance(a, b) == 0) == (a == b)));
}

TEST(Text, suggests_the_name_that_was_meant) {
  const std::vector<std::string_view> known{"requires", "restart", "ready", "run", "env"};
  EXPECT_EQ(nearest("requirs", known), "requires");
  EXPECT_EQ(nearest("reday", known), "ready");
  EXPECT_EQ(nearest("rum", known), "run");
  EXPECT_EQ(nearest("schedule", known), std::nullopt);
  EXPECT_EQ(nearest("", known), std::nullopt);
  EXPECT_EQ(nearest("x", known), std::nullopt);
  EXPECT_EQ(nearest(std::string(5000, 'r'), known), std::nullopt);
}

}  // namespace
}  // namespace tend::text
