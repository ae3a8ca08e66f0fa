// The environment of a service, and the .env format.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "config_lab.hpp"
#include "service/config/dotenv.hpp"
#include "service/config/environment.hpp"

namespace tend::service::config {
namespace {

using Texts = std::vector<std::string>;
using Variables = std::vector<Variable>;

TEST(ConfigEnvironment, inherits_all_but_what_is_about_tend_and_its_shell) {
  const Texts variables{"PATH=/bin",
                        "NOTIFY_SOCKET=/x",
                        "LISTEN_FDS=1",
                        "LISTEN_PID=2",
                        "WATCHDOG_USEC=1",
                        "TEND_STATE=/x",
                        "TEND_RUN=1",
                        "SHLVL=2",
                        "_=/usr/bin/tend",
                        "PWD=/root",
                        "OLDPWD=/",
                        "A=b=c",
                        "LISTENER=stays",
                        "EMPTY=",
                        "malformed",
                        "=odd",
                        "A=second",
                        "TENDER=stays",
                        "NOTIFY_SOCKETS=stays"};
  EXPECT_EQ(Environment::inherited(variables).variables(),
            (Texts{"A=b=c", "EMPTY=", "LISTENER=stays", "NOTIFY_SOCKETS=stays", "PATH=/bin",
                   "TENDER=stays"}));
}

TEST(ConfigEnvironment, cleared_keeps_five) {
  const Texts variables{"A=1",       "TZ=UTC", "PATH=/bin", "HOME=/root",
                        "USER=root", "LANG=C", "LC_ALL=C"};
  EXPECT_EQ(Environment::inherited(variables).cleared().variables(),
            (Texts{"HOME=/root", "LANG=C", "PATH=/bin", "TZ=UTC", "USER=root"}));
}

TEST(ConfigEnvironment, later_sources_win) {
  Surroundings surroundings = lab::with_files({{"/srv/app/one.env", "FROM=one\nONE=1\nHOME=/one\n"},
                                               {"/etc/two.env", "FROM=two\nTWO=2\n"}});
  const ServiceSpec web = lab::service(
      "user = 'www'\nenv-file = ['one.env', '/etc/two.env']\nenv = { TWO = 'own', N = 8080, B = "
      "true }",
      surroundings);
  EXPECT_EQ(web.env, (Texts{"B=true", "FROM=two", "HOME=/one", "LOGNAME=www", "N=8080", "ONE=1",
                            "PATH=/bin", "SHELL=/usr/sbin/nologin", "TWO=own", "USER=www"}));
}

TEST(ConfigEnvironment, env_clear_comes_before_the_rest) {
  Surroundings surroundings = lab::as_root();
  surroundings.environment.emplace_back("SECRET=1");
  EXPECT_EQ(lab::service("env-clear = true\nenv.A = '1'", surroundings).env,
            (Texts{"A=1", "HOME=/root", "PATH=/bin", "USER=root"}));
  EXPECT_EQ(lab::service("env-clear = false", surroundings).env.size(), 4U);
}

TEST(ConfigEnvironment, oneself_as_user_still_sets_the_variables) {
  EXPECT_EQ(
      lab::service("user = 'self'", lab::as_self()).env,
      (Texts{"HOME=/home/self", "LOGNAME=self", "PATH=/bin", "SHELL=/bin/bash", "USER=self"}));
}

TEST(ConfigEnvironment, a_dash_says_that_a_file_may_be_missing) {
  EXPECT_EQ(lab::service("env-file = '-missing.env'").env.size(), 3U);
  EXPECT_EQ(lab::verdict_of_service("env-file = 'missing.env'"),
            "3:12: env-file: open /srv/app/missing.env: No such file or directory\n  write "
            "\"-missing.env\" if it "
            "may be missing");
  Surroundings unreadable = lab::as_root();
  unreadable.read_env_file = [](const std::string& path) -> Result<std::string> {
    return failed("open", path, EACCES);
  };
  EXPECT_EQ(lab::verdict_of_service("env-file = '-a.env'", unreadable),
            "3:12: env-file: open /srv/app/a.env: Permission denied");
}

TEST(ConfigEnvironment, mistakes_in_an_env_file_are_told_with_their_own_lines) {
  const Surroundings surroundings =
      lab::with_files({{"/srv/app/a.env", "GOOD=1\nno equals\n\nNOTIFY_SOCKET=x\n1X=2\n"}});
  EXPECT_EQ(
      lab::verdict_of_service("env-file = ['a.env']", surroundings),
      "3:13: env-file: a.env:2:4: expected KEY=VALUE\n"
      "3:13: env-file: a.env:4:1: \"NOTIFY_SOCKET\" cannot be set: such variables are tend's own\n"
      "3:13: env-file: a.env:5:1: \"1X\" is no name of a variable: letters, digits, _ . - and no "
      "digit in "
      "front");
}

struct Wrong {
  std::string_view line;
  std::string_view said;
};

class ConfigEnvironmentRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigEnvironmentRefuses, the_line) {
  EXPECT_EQ(lab::verdict_of_service(GetParam().line), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, ConfigEnvironmentRefuses,
    testing::Values(
        Wrong{"env = ['A=1']",
              "3:7: env must be a table, not a list\n  such as { PORT = \"8080\" }"},
        Wrong{"env = { A = 1.5 }",
              "3:13: \"A\" must be a text, an integer or a boolean, not a number with a fraction"},
        Wrong{"env = { a.b = 'x' }",
              "3:9: \"a\" must be a text, an integer or a boolean, not a table\n  a key with dots "
              "stands in quotes"},
        Wrong{
            "env = { 'a b' = 'x' }",
            "3:9: \"a b\" is no name of a variable: letters, digits, _ . - and no digit in front"},
        Wrong{"env = { '' = 'x' }", "3:9: the name of a variable is missing"},
        Wrong{
            "env = { 'A=B' = 'x' }",
            "3:9: \"A=B\" is no name of a variable: letters, digits, _ . - and no digit in front"},
        Wrong{"env = { TEND_RUN = 'x' }",
              "3:9: \"TEND_RUN\" cannot be set: such variables are tend's own"},
        Wrong{"env = { A = \"\\u0000\" }", "3:13: \"A\" has a NUL character"},
        Wrong{"env-clear = 1", "3:13: env-clear must be true or false, not an integer"},
        Wrong{"env-file = 1", "3:12: env-file must be a path or a list of paths, not an integer"},
        Wrong{"env-file = ''", "3:12: env-file is empty"},
        Wrong{"env-file = ['-']", "3:13: env-file is empty"},
        Wrong{"env-file = [1]", "3:13: each part of env-file must be a text, not an integer"}));

// --- .env ----------------------------------------------------------------------------------------

TEST(Dotenv, reads_all_forms_of_values) {
  const Dotenv dotenv = parse_dotenv(R"(# a comment
A=plain
  B = spaces around   # and a comment
export C=exported
D=
E=a#b
F="double \"quoted\" \\ \n \$x $y \z" # comment
G='single "quoted" \n $x'
H="over
two lines"
I=it's
J=$HOME ${x}
K.l-m=dots and dashes
)");
  EXPECT_TRUE(dotenv.problems.empty());
  EXPECT_EQ(dotenv.variables, (Variables{{"A", "plain"},
                                         {"B", "spaces around"},
                                         {"C", "exported"},
                                         {"D", ""},
                                         {"E", "a#b"},
                                         {"F", "double \"quoted\" \\ \n $x $y \\z"},
                                         {"G", "single \"quoted\" \\n $x"},
                                         {"H", "over\ntwo lines"},
                                         {"I", "it's"},
                                         {"J", "$HOME ${x}"},
                                         {"K.l-m", "dots and dashes"}}));
}

TEST(Dotenv, endings_of_lines_do_not_matter) {
  EXPECT_EQ(parse_dotenv("\xef\xbb\xbf"
                         "A=1\r\nB='2'\r\n\r\nC=3")
                .variables,
            (Variables{{"A", "1"}, {"B", "2"}, {"C", "3"}}));
  EXPECT_EQ(parse_dotenv("").variables, Variables{});
  EXPECT_EQ(parse_dotenv("A=# comment").variables, (Variables{{"A", ""}}));
}

TEST(Dotenv, says_what_is_wrong_and_reads_on) {
  const Dotenv dotenv = parse_dotenv("A\n=x\nB='x' y\nC=1\nC=2\nA B=1\nD=\"open\nE=1");
  EXPECT_EQ(dotenv.variables, (Variables{{"C", "1"}}));
  EXPECT_EQ(problems_text("f", dotenv.problems),
            "f:1:2: expected KEY=VALUE\n"
            "f:2:1: the name of a variable is missing\n"
            "f:3:7: text behind the closing quote\n"
            "f:5:1: C comes twice\n"
            "f:6:3: expected KEY=VALUE\n"
            "f:7:3: the quote is never closed\n");
}

TEST(Dotenv, values_are_bounded_and_have_no_nul) {
  EXPECT_EQ(parse_dotenv(std::string("A=x\0y", 5)).problems.at(0).message, "A has a NUL character");
  EXPECT_EQ(parse_dotenv("A=" + std::string(200'000, 'x')).problems.at(0).message,
            "A is longer than 131071 bytes");
}

RC_GTEST_PROP(Dotenv, any_text_is_read_to_its_end, (const std::string& text)) {
  const Dotenv dotenv = parse_dotenv(text);
  for (const Variable& variable : dotenv.variables) {
    RC_ASSERT(what_is_wrong_with_variable(variable.key) == "");
    RC_ASSERT(!variable.value.contains('\0'));
  }
}

RC_GTEST_PROP(Dotenv, single_quotes_keep_every_letter, ()) {
  const auto value = *rc::gen::container<std::string>(rc::gen::suchThat(
      rc::gen::inRange<char>(1, 127), [](char letter) { return letter != '\''; }));
  const Dotenv dotenv = parse_dotenv("A='" + value + "'\nB=1");
  RC_ASSERT((dotenv.variables == Variables{{"A", value}, {"B", "1"}}));
}

}  // namespace
}  // namespace tend::service::config
