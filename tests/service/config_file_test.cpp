// The file as a whole: tables, names, syntax, order of services, size.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "base/text.hpp"
#include "config_lab.hpp"
#include "service/config/toml_document.hpp"

namespace tend::service::config {
namespace {

std::vector<std::string> names_of(const ProjectSpec& project) {
  std::vector<std::string> names;
  for (const ServiceSpec& service : project.services) {
    names.push_back(service.name);
  }
  return names;
}

TEST(ConfigFile, services_and_tasks_come_in_the_order_of_the_file) {
  const ProjectSpec project = lab::project(R"(
[task.zeta]
run = "z"
[service."a.b"]
run = "a"
[service."m@1"]
run = "m"
)");
  EXPECT_EQ(names_of(project), (std::vector<std::string>{"zeta", "a.b", "m@1"}));
}

TEST(ConfigFile, forms_of_tables_are_all_the_same) {
  const ProjectSpec expected = lab::project("[service.web]\nrun = 'x'\nlog = { keep = 1 }");
  EXPECT_EQ(lab::project("service.web.run = 'x'\nservice.web.log.keep = 1"), expected);
  EXPECT_EQ(lab::project("service = { web = { run = 'x', log = { keep = 1 } } }"), expected);
  EXPECT_EQ(lab::project("[service]\nweb = { run = 'x', log.keep = 1 }"), expected);
  EXPECT_EQ(lab::project("[service.web.log]\nkeep = 1\n[service.web]\nrun = 'x'"), expected);
  EXPECT_EQ(lab::project("\xef\xbb\xbf[service.web]\r\nrun = 'x'\r\nlog.keep = 1\r\n"), expected);
}

TEST(ConfigFile, has_a_name_or_takes_that_of_its_directory) {
  const ProjectSpec project = lab::project("name = 'shop'\nservice.web.run = 'x'");
  EXPECT_EQ(project.name, "shop");
  EXPECT_EQ(project.file, "/srv/app/tend.toml");
  EXPECT_EQ(lab::project("service.web.run = 'x'").name, "app");
  EXPECT_EQ(project_name_of("/srv/my app (2)/"), "my-app--2-");
  EXPECT_EQ(project_name_of("/home/me/.config"), "config");
  EXPECT_EQ(project_name_of("/srv/2024"), "project-2024");
  EXPECT_EQ(project_name_of("/"), "project");
  EXPECT_EQ(project_name_of("/srv/日本"), "project");
  EXPECT_EQ(project_name_of("/srv/" + std::string(100, 'a')), std::string(64, 'a'));
  EXPECT_EQ(project_name_of("/srv/" + std::string(64, '1')).size(), 64U);
}

RC_GTEST_PROP(ConfigFile, any_directory_gives_a_right_name, (const std::string& directory)) {
  const std::string name = project_name_of(directory);
  RC_ASSERT(lab::verdict("name = '" + name + "'\nservice.web.run = 'x'") == "good");
}

struct Said {
  std::string_view text;
  std::string_view said;
};

class ConfigFileRefuses : public testing::TestWithParam<Said> {};

TEST_P(ConfigFileRefuses, the_text) { EXPECT_EQ(lab::verdict(GetParam().text), GetParam().said); }

INSTANTIATE_TEST_SUITE_P(
    Tables, ConfigFileRefuses,
    testing::Values(
        Said{"", "0:0: there is nothing to run\n  a service is a table such as [service.web]"},
        Said{"# only a comment\n[service]",
             "0:0: there is nothing to run\n  a service is a table such as [service.web]"},
        Said{"[services.web]\nrun = 'x'",
             "0:0: there is nothing to run\n  a service is a table such as [service.web]\n"
             "1:2: unknown key \"services\" in the top level\n  did you mean \"service\"?"},
        Said{"service = 'web'",
             "0:0: there is nothing to run\n  a service is a table such as [service.web]\n"
             "1:11: service must be a table of tables, not a text\n  write [service.NAME]"},
        Said{"[service]\nrun = 'x'",
             "0:0: there is nothing to run\n  a service is a table such as [service.web]\n"
             "2:7: service.run must be a table, not a text\n  write [service.NAME]"},
        Said{"[[service.web]]\nrun = 'x'",
             "0:0: there is nothing to run\n  a service is a table such as [service.web]\n"
             "1:1: service.web must be a table, not a list\n  write [service.web] with single "
             "brackets"},
        Said{"name = 5\n[service.web]\nrun = 'x'", "1:8: name must be a text, not an integer"},
        Said{"name = '5'\n[service.web]\nrun = 'x'",
             "1:8: the name \"5\" needs a letter: digits alone are a pid"},
        Said{"[service.web]\nrun = 'x'\n[task.web]\nrun = 'y'",
             "3:7: the name \"web\" is taken (line 1)\n  services and tasks share their names"}));

INSTANTIATE_TEST_SUITE_P(
    Names, ConfigFileRefuses,
    testing::Values(
        Said{"service.1.run = 'x'", "1:9: the name \"1\" needs a letter: digits alone are a pid"},
        Said{"service.'a b'.run = 'x'",
             "1:9: the name \"a b\" may have only letters, digits and _ . @ -"},
        Said{"service.'@a'.run = 'x'", "1:9: the name \"@a\" must begin with a letter or a digit"},
        Said{"service.''.run = 'x'", "1:9: the name is empty"},
        Said{"service.\"\\u001b[31m\".run = 'x'",
             "1:9: the name \"\\x1b[31m\" must begin with a letter or a digit"},
        Said{"service.'../etc'.run = 'x'",
             "1:9: the name \"../etc\" must begin with a letter or a digit"},
        Said{"service.'a/b'.run = 'x'",
             "1:9: the name \"a/b\" may have only letters, digits and _ . @ -"},
        Said{"service.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.run = 'x'",
             "1:9: the name is longer than 64 letters"}));

// --- syntax --------------------------------------------------------------------------------------

/// Line and column of the one syntax error.
std::string error_place(std::string_view text) {
  const auto root = parse_toml(text);
  return root ? "none" : text::format("{}:{}", root.error().at.line, root.error().at.column);
}

TEST(ConfigFile, a_syntax_error_has_its_place) {
  EXPECT_EQ(error_place("a = 1\nb = \n"), "2:5");
  EXPECT_EQ(error_place("a = 1\na = 2"), "2:5");
  EXPECT_EQ(error_place("a = 'x"), "1:7");
  EXPECT_EQ(error_place("[a\nb=1"), "1:3");
  EXPECT_EQ(error_place("a = [1, 2"), "1:10");
}

TEST(ConfigFile, a_table_in_braces_over_several_lines_gets_a_hint) {
  EXPECT_EQ(lab::verdict("[service.a]\nrun = 'x'\nlog = { keep = 1,\n max-size = 4096 }"),
            "3:18: not valid TOML: inline table: expected key or closing '}', saw '\\n'\n"
            "  a table in { } stands on one line; long ones have a header of their own, such as "
            "[service.web.restart]");
}

TEST(ConfigFile, texts_that_crash_the_parser_are_errors) {
  EXPECT_EQ(lab::verdict("[\n"), "1:1: a table header without a name\n  such as [service.web]");
  EXPECT_EQ(lab::verdict("a = 1\n  [[ \t# x\n"),
            "2:3: a table header without a name\n  such as [service.web]");
  EXPECT_EQ(error_place("["), "1:1");
  EXPECT_EQ(error_place("[]"), "1:2");
  std::string key = "a";
  for (int part = 1; part < 50'000; ++part) {
    key += ".a";
  }
  EXPECT_EQ(lab::verdict(key + " = 1"), "1:64: a key of more than 32 parts");
  EXPECT_EQ(
      lab::verdict("a = 3-\xcc\x81"),
      "1:7: a letter outside ASCII, outside of quotes\n  keys with such letters, and all texts, "
      "stand in quotes");
  EXPECT_EQ(error_place("3-\xcc\x81"), "1:3");
  EXPECT_EQ(error_place("a = 3'\xcc\x81'"), "1:6");
  EXPECT_EQ(error_place("a = 3[\"\xef\xb5\xbf\""), "1:6");
  EXPECT_EQ(error_place("a = 'x'\"y\""), "1:8");
}

TEST(ConfigFile, letters_outside_ascii_are_fine_in_long_texts) {
  EXPECT_EQ(lab::project("service.a.run = [\"\"\"x \\\n  \u00e9\u65e5\"\"\"]").services[0].argv[0],
            "x \u00e9\u65e5");
}

TEST(ConfigFile, nesting_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return "a = " + std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(error_place(nested(32)), "none");
  EXPECT_EQ(error_place(nested(33)), "1:37");
  EXPECT_EQ(error_place(std::string(1'000'000, '[')), "1:33");
  std::string tables = "a = ";
  for (int depth = 0; depth < 40; ++depth) {
    tables += "{a=";
  }
  EXPECT_EQ(lab::verdict(tables), "1:101: nested deeper than 32");
}

TEST(ConfigFile, brackets_and_dots_in_texts_and_comments_do_not_count) {
  const std::string many(1000, '[');
  const std::string dots(1000, '.');
  EXPECT_EQ(error_place("# é" + many + dots + "\na = '" + many + dots + "é'"), "none");
  EXPECT_EQ(error_place("a = \"\\\"" + many + "\""), "none");
  EXPECT_EQ(error_place("a = \"\"\"\n\"\" \\\"\"\" " + many + "\n[\n\"\"\"\"\nb = 1"), "none");
  EXPECT_EQ(error_place("a = '''\n'' " + many + "\n[\n'''\nb = '\\'"), "none");
  EXPECT_EQ(error_place("a = [\n  [\n 1, 2 ],\n  [\n ] ]"), "none");
}

TEST(ConfigFile, must_be_utf8_and_of_bounded_size) {
  EXPECT_EQ(lab::verdict("a = 1\nb = 'é\xff'"), "2:7: not UTF-8 from here on");
  EXPECT_EQ(lab::verdict(std::string(5U << 20U, '#')), "0:0: larger than 4MiB");
  EXPECT_NE(lab::verdict(std::string("a = 'x\0y'", 9)), "good");
}

RC_GTEST_PROP(ConfigFile, any_text_is_a_project_or_has_problems, (const std::string& text)) {
  RC_ASSERT(!lab::verdict(text).empty());
}

RC_GTEST_PROP(ConfigFile, any_mixture_of_its_words_is_a_project_or_has_problems, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "[service.web]", "[task.a]", "\n", "run", "=", " ", "'x'", "[", "]", "{", "}", ",", "ready",
      "restart", "stop", "requires", "env", ".", "\"", "'''", "\"\"\"", "#", "1", "-", "3-", "true",
      "é", "1979-05-27", "0x", "nan", "\\"));
  std::string text;
  for (const std::string& word : words) {
    text += word;
  }
  RC_ASSERT(!lab::verdict(text).empty());
}

// --- size ----------------------------------------------------------------------------------------

TEST(ConfigFile, ten_thousand_services_are_read) {
  std::string text;
  for (int index = 0; index < 10'000; ++index) {
    text += text::format("[service.s{}]\nrun = ['sleep', '{}']\n", index, index);
    if (index > 0) {
      text += text::format("requires = ['s{}']\n", index - 1);
    }
  }
  const ProjectSpec project = lab::project(text);
  ASSERT_EQ(project.services.size(), 10'000U);
  EXPECT_EQ(project.services[9'999].requires_[0].on, 9'998U);
}

TEST(ConfigFile, ten_thousand_mistakes_are_found) {
  std::string text;
  for (int index = 0; index < 10'000; ++index) {
    text += text::format("[service.s{}]\nrun = 'x'\nrequires = ['z{}']\n", index, index);
  }
  const auto parsed = parse_project(text, "/srv/app/tend.toml", lab::as_root());
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().size(), 10'000U);
  const std::string shown = problems_text("tend.toml", parsed.error(), 2);
  EXPECT_TRUE(shown.ends_with("tend.toml: and 9998 more\n")) << shown;
}

TEST(ConfigFile, environments_that_do_not_fit_into_the_state_file_are_refused) {
  std::string text;
  for (int index = 0; index < 3'000; ++index) {
    text += text::format("[service.s{}]\nrun = 'x'\n", index);
  }
  Surroundings surroundings = lab::as_root();
  surroundings.environment = {"BIG=" + std::string(100'000, 'x')};
  EXPECT_EQ(lab::verdict(text, surroundings),
            "0:0: all environments and commands together are larger than 256MiB\n  env-clear = "
            "true makes "
            "environments small");
}

}  // namespace
}  // namespace tend::service::config
