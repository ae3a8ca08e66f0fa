#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "jobs/input/block_splitter.hpp"
#include "jobs/input/csv_splitter.hpp"
#include "jobs/input/item_splitter.hpp"
#include "jobs/input/separator.hpp"

namespace tend::jobs {
namespace {

using Words = std::vector<std::string>;

/// The bytes in pieces of this size.
Words pieces_of(std::string_view bytes, std::size_t size) {
  Words pieces;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    pieces.emplace_back(bytes.substr(at, size));
  }
  return pieces;
}

Words items_of(std::string_view bytes, const std::string& separator, std::size_t piece_size = 64) {
  ItemSplitter splitter(separator);
  Words items;
  for (const std::string& piece : pieces_of(bytes, piece_size)) {
    splitter.append(piece);
    while (const auto item = splitter.next()) {
      items.emplace_back(*item);
    }
  }
  if (const auto item = splitter.rest()) {
    items.emplace_back(*item);
  }
  return items;
}

Words blocks_of(std::string_view bytes, BlockLimits limits, std::size_t piece_size = 64,
                const std::string& separator = "\n") {
  BlockSplitter splitter(limits, separator);
  Words blocks;
  for (const std::string& piece : pieces_of(bytes, piece_size)) {
    splitter.append(piece);
    while (auto block = splitter.next()) {
      blocks.push_back(*std::move(block));
    }
  }
  while (auto block = splitter.rest()) {
    blocks.push_back(*std::move(block));
  }
  return blocks;
}

struct Csv {
  std::vector<Words> rows{};
  std::vector<std::uint64_t> lines{};
  std::string error{};
};

Csv csv_of(std::string_view bytes, std::size_t piece_size = 64, char separator = ',') {
  CsvSplitter splitter(separator);
  Csv csv;
  const auto note = [&csv](const Result<>& result) {
    csv.error = result ? "" : result.error().message();
    return result.has_value();
  };
  bool is_good = true;
  for (const std::string& piece : pieces_of(bytes, piece_size)) {
    is_good = is_good && note(splitter.append(piece));
  }
  is_good = is_good && note(splitter.finish());
  while (auto record = splitter.next()) {
    csv.lines.push_back(record->line);
    csv.rows.push_back(std::move(record->fields));
  }
  return csv;
}

TEST(Separator, is_written_with_escapes) {
  EXPECT_EQ(parse_separator(",").value(), ",");
  EXPECT_EQ(parse_separator("::").value(), "::");
  EXPECT_EQ(parse_separator(R"(\t)").value(), "\t");
  EXPECT_EQ(parse_separator(R"(\0)").value(), std::string(1, '\0'));
  EXPECT_EQ(parse_separator(R"(a\x1F\\)").value(), "a\x1f\\");
  for (const std::string_view wrong : {"", R"(\)", R"(\q)", R"(\x)", R"(\x1)", R"(\xg0)"}) {
    EXPECT_FALSE(parse_separator(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(parse_separator(R"(\q)").error().message(),
            "separator \"\\\\q\": the escapes are \\n, \\t, \\r, \\0, \\\\ and \\xHH with two "
            "hexadecimal digits");
}

TEST(ItemSplitter, keeps_empty_items_and_one_without_an_end) {
  EXPECT_EQ(items_of("", "\n"), Words{});
  EXPECT_EQ(items_of("a\n\nb\n", "\n"), (Words{"a", "", "b"}));
  EXPECT_EQ(items_of("a\nb", "\n"), (Words{"a", "b"}));
  EXPECT_EQ(items_of("\n", "\n"), (Words{""}));
  EXPECT_EQ(items_of(std::string_view("a\0b\nc\0", 6), std::string(1, '\0')), (Words{"a", "b\nc"}));
}

TEST(ItemSplitter, finds_a_separator_of_several_bytes_however_it_is_cut) {
  for (std::size_t size = 1; size < 12; ++size) {
    EXPECT_EQ(items_of("a::b:c::::d:", "::", size), (Words{"a", "b:c", "", "d:"})) << size;
  }
}

TEST(ItemSplitter, says_when_an_item_has_no_end) {
  ItemSplitter splitter("\n");
  splitter.append(std::string(ItemSplitter::item_bytes_max, 'x'));
  EXPECT_FALSE(splitter.next());
  EXPECT_FALSE(splitter.is_too_long());
  splitter.append("x");
  EXPECT_FALSE(splitter.next());
  EXPECT_TRUE(splitter.is_too_long());
}

RC_GTEST_PROP(ItemSplitter, loses_nothing_however_the_stream_is_cut, ()) {
  const auto bytes =
      *rc::gen::container<std::string>(rc::gen::element('a', ':', '\n', '\0', '\xff'));
  const auto separator =
      *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', ':', '\n')));
  const auto size = *rc::gen::inRange<std::size_t>(1, 9);
  Words items = items_of(bytes, separator, size);
  RC_ASSERT(items == items_of(bytes, separator, bytes.size() + 1));
  std::string joined = text::join(items, separator);
  RC_ASSERT((bytes == joined || bytes == joined + separator));
  RC_ASSERT(std::ranges::none_of(
      items, [&](const std::string& item) { return item.contains(separator); }));
}

TEST(BlockSplitter, cuts_behind_the_last_newline_that_fits) {
  EXPECT_EQ(blocks_of("aa\nbb\ncc\n", {.bytes = 7}), (Words{"aa\nbb\n", "cc\n"}));
  EXPECT_EQ(blocks_of("aa\nbb\ncc\n", {.bytes = 6}), (Words{"aa\nbb\n", "cc\n"}));
  EXPECT_EQ(blocks_of("aa\nbb\ncc", {.bytes = 100}), (Words{"aa\nbb\ncc"}));
  EXPECT_EQ(blocks_of("", {.bytes = 5}), Words{});
}

TEST(BlockSplitter, lets_a_record_be_longer_than_a_block) {
  EXPECT_EQ(blocks_of("aaaaaaaa\nb\nc\n", {.bytes = 4}), (Words{"aaaaaaaa\n", "b\nc\n"}));
  EXPECT_EQ(blocks_of("aaaaaaaa", {.bytes = 4}), (Words{"aaaaaaaa"}));
}

TEST(BlockSplitter, finds_a_separator_that_is_longer_than_a_block) {
  EXPECT_EQ(blocks_of("a\nb", {.bytes = 1}, 64, "a\n"), (Words{"a\n", "b"}));
}

TEST(BlockSplitter, counts_records) {
  EXPECT_EQ(blocks_of("1\n2\n3\n4\n5", {.records = 2}), (Words{"1\n2\n", "3\n4\n", "5"}));
  EXPECT_EQ(blocks_of("1\n2\n3\n", {.bytes = 4, .records = 3}), (Words{"1\n2\n", "3\n"}));
  EXPECT_EQ(blocks_of("1\n22222222\n3", {.bytes = 4, .records = 3}),
            (Words{"1\n", "22222222\n", "3"}));
}

RC_GTEST_PROP(BlockSplitter, blocks_in_a_row_are_the_stream, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::element('a', '\n', ':', '\0'));
  const std::string separator = *rc::gen::element<std::string>("\n", "::", "a\n");
  BlockLimits limits;
  const int which = *rc::gen::inRange(1, 4);
  if (which != 1) {
    limits.bytes = *rc::gen::inRange<std::size_t>(1, 12);
  }
  if (which != 2) {
    limits.records = *rc::gen::inRange<std::uint64_t>(1, 4);
  }
  const Words blocks = blocks_of(bytes, limits, *rc::gen::inRange<std::size_t>(1, 20), separator);
  RC_ASSERT(text::join(blocks, "") == bytes);
  RC_ASSERT(blocks == blocks_of(bytes, limits, bytes.size() + 1, separator));
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    const Words records = items_of(blocks[index], separator);
    RC_ASSERT((index + 1 == blocks.size() || blocks[index].ends_with(separator)));
    RC_ASSERT((!limits.records || records.size() <= *limits.records));
    RC_ASSERT((!limits.bytes || records.size() == 1 || blocks[index].size() <= *limits.bytes));
  }
}

TEST(CsvSplitter, reads_what_rfc_4180_describes) {
  const Csv csv = csv_of("a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n,\n\"\",\"\"\n");
  EXPECT_EQ(csv.error, "");
  EXPECT_EQ(csv.rows, (std::vector<Words>{{"a", "b"}, {"1", "x, \"y\"\r\nz"}, {"", ""}, {"", ""}}));
  EXPECT_EQ(csv.lines, (std::vector<std::uint64_t>{1, 2, 4, 5}));
}

TEST(CsvSplitter, takes_the_last_line_without_a_newline) {
  EXPECT_EQ(csv_of("a,b").rows, (std::vector<Words>{{"a", "b"}}));
  EXPECT_EQ(csv_of("a\n\"b\"").rows, (std::vector<Words>{{"a"}, {"b"}}));
  EXPECT_EQ(csv_of("a,").rows, (std::vector<Words>{{"a", ""}}));
}

TEST(CsvSplitter, skips_empty_lines_and_a_byte_order_mark) {
  EXPECT_EQ(csv_of("\xef\xbb\xbf\"a\",b\n\n\r\n1,2\n\n", 1).rows,
            (std::vector<Words>{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(csv_of("\xef\xbb").rows, (std::vector<Words>{{"\xef\xbb"}}));
  EXPECT_EQ(csv_of("").rows, std::vector<Words>{});
  EXPECT_EQ(csv_of("\"\"\n").rows, (std::vector<Words>{{""}}));
}

TEST(CsvSplitter, leaves_a_quote_amid_a_field_alone) {
  EXPECT_EQ(csv_of("5\" disk,b\"\n").rows, (std::vector<Words>{{"5\" disk", "b\""}}));
}

TEST(CsvSplitter, takes_other_separators) {
  EXPECT_EQ(csv_of("a;\"b;c\";d,e\n", 64, ';').rows, (std::vector<Words>{{"a", "b;c", "d,e"}}));
}

TEST(CsvSplitter, names_the_line_that_is_malformed) {
  EXPECT_EQ(
      csv_of("a\n\"b\"c\n").error,
      "csv line 2: there is text behind a closing quote; a quote in a field is written twice");
  EXPECT_EQ(csv_of("a\n\"b\n\nc").error,
            "csv line 2: the quote that is opened here is never closed");
  EXPECT_EQ(
      csv_of("\"a\"\rb").error,
      "csv line 1: there is text behind a closing quote; a quote in a field is written twice");
  CsvSplitter endless;
  EXPECT_FALSE(endless.append("\"" + std::string(CsvSplitter::record_bytes_max, 'x')));
}

std::string quoted_field(const std::string& field) {
  std::string quoted = "\"";
  for (const char byte : field) {
    quoted += byte == '"' ? std::string("\"\"") : std::string(1, byte);
  }
  return quoted + "\"";
}

RC_GTEST_PROP(CsvSplitter, reads_back_any_fields, ()) {
  const auto field = rc::gen::container<std::string>(
      rc::gen::element('a', '"', ',', '\n', '\r', ' ', '\0', '\xef'));
  const auto rows =
      *rc::gen::container<std::vector<Words>>(rc::gen::nonEmpty(rc::gen::container<Words>(field)));
  std::string bytes;
  for (const Words& row : rows) {
    Words fields;
    std::ranges::transform(row, std::back_inserter(fields), quoted_field);
    bytes += text::join(fields, ",") + *rc::gen::element<std::string>("\n", "\r\n");
  }
  const Csv csv = csv_of(bytes, *rc::gen::inRange<std::size_t>(1, 9));
  RC_ASSERT(csv.error.empty());
  RC_ASSERT(csv.rows == rows);
}

}  // namespace
}  // namespace tend::jobs
