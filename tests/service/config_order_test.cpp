// requires, before and after: names to indices, and what can never start.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "config_lab.hpp"

namespace tend::service::config {
namespace {

constexpr std::string_view db_and_task = R"(
[service.db]
run = "x"
ready = "notify"
[service.plain]
run = "x"
[task.migrate]
run = "x"
[service.web]
run = "x"
)";

ServiceSpec web(std::string_view lines) {
  return lab::project(std::string(db_and_task) + std::string(lines)).services.at(3);
}

/// Without the lines of db_and_task: the given lines begin at 1.
std::string said_of_web(std::string_view lines) {
  std::string said = lab::verdict(std::string(db_and_task) + std::string(lines));
  return said.starts_with("11:") ? said.substr(3) : said;
}

TEST(ConfigOrder, a_requirement_goes_as_far_as_its_kind_can) {
  EXPECT_EQ(
      web("requires = ['db', 'plain', 'migrate']").requires_,
      (std::vector<Requirement>{
          {0, Until::ready, false}, {1, Until::started, false}, {2, Until::completed, false}}));
}

TEST(ConfigOrder, a_requirement_can_say_how_far) {
  EXPECT_EQ(
      web("requires = [{ name = 'db', until = 'started', restart = true }, { name = 'plain' }]")
          .requires_,
      (std::vector<Requirement>{{0, Until::started, true}, {1, Until::started, false}}));
  EXPECT_EQ(web("requires = [{ name = 'migrate', until = 'started' }]").requires_[0].until,
            Until::started);
}

TEST(ConfigOrder, before_is_after_turned_round) {
  const ProjectSpec project =
      lab::project(std::string(db_and_task) + "before = ['db']\nafter = ['plain', 'migrate']");
  EXPECT_EQ(project.services[0].after, (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(project.services[3].after, (std::vector<std::uint32_t>{1, 2}));
}

TEST(ConfigOrder, both_sides_may_say_the_same) {
  const ProjectSpec project = lab::project(
      "[service.a]\nrun='x'\nbefore=['b']\n[service.b]\nrun='x'\nafter=['a']\nrequires=['a']");
  EXPECT_EQ(project.services[1].after, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(project.services[1].requires_.size(), 1U);
}

struct Said {
  std::string_view lines;
  std::string_view said;
};

class ConfigOrderRefuses : public testing::TestWithParam<Said> {};

TEST_P(ConfigOrderRefuses, the_lines) { EXPECT_EQ(said_of_web(GetParam().lines), GetParam().said); }

INSTANTIATE_TEST_SUITE_P(
    Mistakes, ConfigOrderRefuses,
    testing::Values(
        Said{"requires = ['bd']",
             "13: requires: there is no service or task \"bd\"\n  did you mean \"db\"?"},
        Said{"requires = ['nothing-like-it']",
             "13: requires: there is no service or task \"nothing-like-it\""},
        Said{"after = ['plan']",
             "10: after: there is no service or task \"plan\"\n  did you mean \"plain\"?"},
        Said{"before = ['migrat']",
             "11: before: there is no service or task \"migrat\"\n  did you mean \"migrate\"?"},
        Said{"requires = ['web']", "13: requires: web names itself"},
        Said{"after = ['web']", "10: after: web names itself"},
        Said{"requires = ['db', 'db']", "19: \"db\" comes twice in requires"},
        Said{"before = ['db', 'db']", "17: \"db\" comes twice in before"},
        Said{"requires = 'db'",
             "12: requires must be a list of names, not a text\n  write requires = [\"db\"]"},
        Said{"after = 'db'",
             "9: after must be a list of texts, not a text\n  write after = [\"db\"]"},
        Said{"requires = [1]",
             "13: each part of requires must be a name or a table, not an integer\n  such as { "
             "name = \"db\", "
             "until = \"started\" }"},
        Said{"requires = [{ until = 'ready' }]", "13: this part of requires has no name"},
        Said{"requires = [{ name = 'db', untill = 'ready' }]",
             "28: unknown key \"untill\" in requires\n  did you mean \"until\"?"},
        Said{"requires = [{ name = 'db', until = 'up' }]",
             "36: until must be one of started, ready, completed, healthy, not \"up\""},
        Said{"requires = [{ name = 'db', until = 'healthy' }]",
             "36: until = \"healthy\" is not possible yet\n  this version has no health checks; "
             "\"ready\" is the "
             "furthest"},
        Said{"requires = [{ name = 'db', until = 'completed' }]",
             "36: db is a service: it never completes\n  make it [task.db] if it runs once"},
        Said{"requires = [{ name = 'migrate', until = 'ready' }]",
             "41: migrate is a task: it is never ready\n  \"completed\" waits for its end with "
             "exit code 0"},
        Said{"requires = [{ name = 'plain', until = 'ready' }]",
             "39: plain does not say when it is ready\n  give it a ready = ..., or write until = "
             "\"started\""},
        Said{"requires = [{ name = 'db', restart = 'yes' }]",
             "38: restart must be true or false, not a text"}));

// --- circles -------------------------------------------------------------------------------------

TEST(ConfigOrder, a_circle_is_told_with_its_path_and_lines) {
  EXPECT_EQ(lab::verdict(R"([service.a]
run = "x"
requires = ["b"]
[service.b]
run = "x"
after = ["c"]
[task.c]
run = "x"
[service.a2]
run = "x"
before = ["c"]
after = ["a"]
)"),
            "3:13: nothing in this circle can start: a -> b -> c -> a2 -> a\n"
            "  a requires b (line 3), b comes after c (line 6), a2 comes before c (line 11), a2 "
            "comes after a "
            "(line 12)");
}

TEST(ConfigOrder, each_circle_is_told) {
  const std::string said = lab::verdict(
      "[service.a]\nrun='x'\nafter=['b']\n[service.b]\nrun='x'\nafter=['a']\n"
      "[service.c]\nrun='x'\nbefore=['d']\n[service.d]\nrun='x'\nbefore=['c']\n");
  EXPECT_EQ(said,
            "3:8: nothing in this circle can start: a -> b -> a\n  a comes after b (line 3), b "
            "comes after a "
            "(line 6)\n"
            "12:9: nothing in this circle can start: c -> d -> c\n  d comes before c (line 12), c "
            "comes before d "
            "(line 9)");
}

TEST(ConfigOrder, a_long_circle_is_told_in_part_and_without_deep_recursion) {
  std::string text;
  for (int index = 0; index < 10'000; ++index) {
    text +=
        text::format("[service.s{}]\nrun = 'x'\nafter = ['s{}']\n", index, (index + 1) % 10'000);
  }
  const std::string said = lab::verdict(text);
  EXPECT_TRUE(said.starts_with("3:10: nothing in this circle can start: s0 -> s1 -> s2")) << said;
  EXPECT_NE(said.find("-> ... (10000 in all)"), std::string::npos) << said;
}

TEST(ConfigOrder, many_ways_to_the_same_service_are_no_circle) {
  EXPECT_EQ(lab::verdict(
                "[service.a]\nrun='x'\n[service.b]\nrun='x'\nrequires=['a']\n[service.c]\nrun='x'\n"
                "requires=['a']\n[service.d]\nrun='x'\nrequires=['b', 'c', 'a']\n"),
            "good");
}

/// Whether everyone can start when each waits for those in `waits_for`: by trying it out.
bool can_all_start(const std::vector<std::set<int>>& waits_for) {
  std::set<int> started;
  for (std::size_t round = 0; round < waits_for.size(); ++round) {
    for (int who = 0; who < static_cast<int>(waits_for.size()); ++who) {
      bool is_free = true;
      for (const int on : waits_for[static_cast<std::size_t>(who)]) {
        is_free = is_free && started.contains(on);
      }
      if (is_free) {
        started.insert(who);
      }
    }
  }
  return started.size() == waits_for.size();
}

RC_GTEST_PROP(ConfigOrder, exactly_the_graphs_with_a_circle_are_refused, ()) {
  const int count = *rc::gen::inRange(1, 7);
  std::vector<std::set<int>> waits_for(static_cast<std::size_t>(count));
  std::string text;
  for (int who = 0; who < count; ++who) {
    text += text::format("[service.s{}]\nrun = 'x'\n", who);
    std::string names;
    for (int on = 0; on < count; ++on) {
      if (on != who && *rc::gen::inRange(0, 4) == 0) {
        names += text::format("'s{}',", on);
        waits_for[static_cast<std::size_t>(who)].insert(on);
      }
    }
    text += (who % 2 == 0 ? "after = [" : "requires = [") + names + "]\n";
  }
  RC_ASSERT((lab::verdict(text) == "good") == can_all_start(waits_for));
}

}  // namespace
}  // namespace tend::service::config
