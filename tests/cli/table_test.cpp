#include "cli/table.hpp"

#include <gtest/gtest.h>

#include "base/columns.hpp"

namespace tend::cli {
namespace {

using Lines = std::vector<std::string>;

Table example() {
  Table table({{"PID", Align::right}, {"NAME"}, {"COMMAND"}});
  table.add({"1", "init", "/sbin/init"});
  table.add({"4711", "", "sleep 1000"});
  return table;
}

TEST(Table, columns_are_as_wide_as_what_is_in_them) {
  EXPECT_EQ(example().lines(Painter(false), std::nullopt),
            (Lines{" PID  NAME  COMMAND", "   1  init  /sbin/init", "4711        sleep 1000"}));
}

TEST(Table, no_line_is_wider_than_the_terminal) {
  for (std::size_t width = 1; width < 30; ++width) {
    for (const std::string& line : example().lines(Painter(false), width)) {
      EXPECT_LE(text::display_columns(line), width);
      EXPECT_FALSE(line.ends_with(' '));
    }
  }
}

TEST(Table, colours_change_no_width) {
  Table table({{"A"}, {"B"}});
  table.add({Cell("x", Tone::red), "y"});
  EXPECT_EQ(table.lines(Painter(true), 80).back(), "\x1b[31mx\x1b[0m  y");
}

}  // namespace
}  // namespace tend::cli
