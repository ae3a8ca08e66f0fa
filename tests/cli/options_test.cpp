#include "cli/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace tend::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string problem_of(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  if (parsed) {
    return "accepted";
  }
  EXPECT_EQ(parsed.error().code, exit_usage);
  return parsed.error().message;
}

TEST(CommandLine, options_stand_before_and_after_arguments) {
  const auto parsed = parse(std::vector<std::string>{"logs", "web", "-n", "5", "--follow", "db"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command()->name, "logs");
  EXPECT_THAT(parsed->arguments(), ElementsAre("web", "db"));
  EXPECT_TRUE(parsed->has("follow"));
  EXPECT_EQ(parsed->value("lines"), "5");
}

TEST(CommandLine, values_may_be_joined_and_names_cut) {
  const auto parsed = parse(std::vector<std::string>{"logs", "--li=7", "-ft"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->value("lines"), "7");
  EXPECT_TRUE(parsed->has("follow"));
  EXPECT_TRUE(parsed->has("timestamps"));
}

TEST(CommandLine, two_dashes_end_the_options) {
  const auto parsed = parse(std::vector<std::string>{"logs", "--", "-f"});
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has("follow"));
  EXPECT_THAT(parsed->arguments(), ElementsAre("-f"));
}

TEST(CommandLine, a_command_to_run_keeps_its_own_options) {
  for (const auto& words : {std::vector<std::string>{"init", "--", "ls", "-l", "--help"},
                            std::vector<std::string>{"init", "ls", "-l", "--help"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->arguments(), ElementsAre("ls", "-l", "--help"));
    EXPECT_FALSE(parsed->has("help"));
  }
}

TEST(CommandLine, options_of_every_command_may_come_first) {
  const auto parsed = parse(std::vector<std::string>{"--color=never", "status"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->value("color"), "never");
  EXPECT_EQ(parsed->command()->name, "status");
}

TEST(CommandLine, the_last_value_counts) {
  EXPECT_EQ(parse(std::vector<std::string>{"logs", "-n1", "-n2"})->value("lines"), "2");
}

TEST(CommandLine, help_needs_no_arguments) {
  EXPECT_TRUE(parse(std::vector<std::string>{"why", "--help"}));
  EXPECT_EQ(parse(std::vector<std::string>{})->command(), nullptr);
}

TEST(CommandLine, mistakes_are_named_with_what_was_probably_meant) {
  EXPECT_EQ(problem_of({"satus"}),
            "unknown command \"satus\" (did you mean `tend status`?); see `tend --help`");
  EXPECT_EQ(problem_of({"xyzzy"}), "unknown command \"xyzzy\"; see `tend --help`");
  EXPECT_EQ(problem_of({"logs", "--folow"}),
            "logs: unknown option --folow (did you mean --follow?); see `tend logs --help`");
  EXPECT_EQ(problem_of({"logs", "-q"}), "logs: unknown option -q; see `tend logs --help`");
  EXPECT_EQ(problem_of({"up", "--st", "x", "--w"}),
            "up: --wait needs a value: TIME; see `tend up --help`");
  EXPECT_EQ(problem_of({"logs", "-n"}), "logs: --lines needs a value: N; see `tend logs --help`");
  EXPECT_EQ(problem_of({"logs", "--follow=yes"}),
            "logs: --follow takes no value; see `tend logs --help`");
  EXPECT_EQ(problem_of({"why"}), "why: needs NAME; see `tend why --help`");
  EXPECT_EQ(problem_of({"why", "a", "b"}), "why: \"b\" is too much; see `tend why --help`");
  EXPECT_THAT(problem_of({"doctor", "--\x1b[2J"}), HasSubstr("unknown option --\\x1b[2J"));
}

TEST(CommandLine, a_beginning_that_fits_several_options_names_them) {
  EXPECT_THAT(problem_of({"help", "--ma"}), HasSubstr("--ma can mean --markdown or --man"));
}

TEST(CommandTable, is_sound) {
  std::set<std::string_view> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_FALSE(command.summary.ends_with('.')) << command.name;
    EXPECT_TRUE(command.description.ends_with('.')) << command.name;
    EXPECT_LE(command.arguments_min, command.arguments_max) << command.name;
    std::set<std::string_view> options;
    std::set<char> letters;
    for (const auto& list : {command.options, common_options()}) {
      for (const Option& option : list) {
        EXPECT_TRUE(options.insert(option.name).second) << command.name << " " << option.name;
        EXPECT_TRUE(option.letter == 0 || letters.insert(option.letter).second)
            << command.name << " -" << option.letter;
        EXPECT_FALSE(option.help.ends_with('.')) << option.name;
      }
    }
  }
}

}  // namespace
}  // namespace tend::cli
