#include "cli/colour.hpp"

#include <gtest/gtest.h>

#include <string>

#include "cli/line_prefix.hpp"

namespace tend::cli {
namespace {

TEST(Colour, is_for_terminals_that_can_show_it) {
  EXPECT_TRUE(wants_colour({.is_terminal = true, .term = "xterm"}));
  EXPECT_FALSE(wants_colour({.is_terminal = false, .term = "xterm"}));
  EXPECT_FALSE(wants_colour({.is_terminal = true, .term = "dumb"}));
  EXPECT_FALSE(wants_colour({.is_terminal = true}));
}

TEST(Colour, is_forbidden_and_forced_by_the_environment) {
  EXPECT_FALSE(wants_colour({.is_terminal = true, .no_color = "1", .term = "xterm"}));
  EXPECT_TRUE(wants_colour({.is_terminal = true, .no_color = "", .term = "xterm"}));
  EXPECT_TRUE(wants_colour({.is_terminal = false, .clicolor_force = "1"}));
  EXPECT_FALSE(wants_colour({.is_terminal = false, .clicolor_force = "0"}));
  EXPECT_FALSE(wants_colour({.no_color = "1", .clicolor_force = "1"}));
}

TEST(Colour, the_option_has_the_last_word) {
  EXPECT_TRUE(wants_colour({.when = ColourWhen::always, .no_color = "1"}));
  EXPECT_FALSE(
      wants_colour({.when = ColourWhen::never, .is_terminal = true, .clicolor_force = "1"}));
}

TEST(Visible, leaves_ordinary_text_alone) {
  EXPECT_EQ(visible("caf\xc3\xa9\tx \\n", Colours::keep), "caf\xc3\xa9\tx \\n");
}

TEST(Visible, keeps_or_drops_colours_and_escapes_every_other_command_to_the_terminal) {
  const std::string line = "\x1b[1;31mred\x1b[2J\x1b]0;title\x07\r\x1b[31";
  EXPECT_EQ(visible(line, Colours::keep),
            "\x1b[1;31mred\\x1b[2J\\x1b]0;title\\x07\\r\\x1b[31\x1b[0m");
  EXPECT_EQ(visible(line, Colours::drop), "red\\x1b[2J\\x1b]0;title\\x07\\r\\x1b[31");
}

TEST(Visible, escapes_what_is_not_utf8_and_c1_controls) {
  EXPECT_EQ(visible("a\xff\x80z", Colours::drop), "a\\xff\\x80z");
  EXPECT_EQ(visible("a\xc2\x9b"
                    "2Jz",
                    Colours::keep)
                .find('\x9b'),
            std::string::npos);
}

TEST(LinePrefix, is_as_wide_as_the_longest_name) {
  const std::string names[] = {"db", "backend"};
  const LinePrefix prefix(names, Painter(false));
  EXPECT_EQ(prefix.line("db", "", "hello"), "db      | hello");
  EXPECT_EQ(prefix.line("backend", "12:00", ""), "12:00 backend | ");
}

TEST(LinePrefix, is_absent_without_names) {
  const LinePrefix prefix({}, Painter(false));
  EXPECT_EQ(prefix.line("db", "", "hello"), "hello");
}

TEST(LinePrefix, a_service_cannot_forge_a_line_of_another) {
  const std::string names[] = {"db"};
  const LinePrefix prefix(names, Painter(true));
  EXPECT_EQ(prefix.line("db", "", "\x1b[31mx\rweb | y"),
            "\x1b[36mdb |\x1b[0m \x1b[31mx\\rweb | y\x1b[0m");
}

}  // namespace
}  // namespace tend::cli
