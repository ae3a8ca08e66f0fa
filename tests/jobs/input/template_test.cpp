#include "jobs/input/template.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "jobs/job.hpp"

namespace tend::jobs {
namespace {

using Words = std::vector<std::string>;

Words expand(const Words& words, const Words& items, const Words& names = {}) {
  return Template(words, names).expand(items, 7);
}

std::string one(const std::string& word, const Words& items, const Words& names = {}) {
  const Words arguments = expand({word}, items, names);
  return arguments.size() == 1 ? arguments.front() : "(not one argument)";
}

TEST(Template, shows_an_item_and_its_parts) {
  EXPECT_EQ(expand({"{}", "{.}", "{/}", "{//}", "{/.}"}, {"d.x/f.tar.gz"}),
            (Words{"d.x/f.tar.gz", "d.x/f.tar", "f.tar.gz", "d.x", "f.tar"}));
  EXPECT_EQ(expand({"{.}", "{/}", "{//}", "{/.}"}, {"sub.dir/bar"}),
            (Words{"sub.dir/bar", "bar", "sub.dir", "bar"}));
  EXPECT_EQ(expand({"{.}", "{/}", "{//}", "{/.}"}, {"bar"}), (Words{"bar", "bar", ".", "bar"}));
  EXPECT_EQ(expand({"{.}", "{/}", "{//}", "{/.}"}, {"/a.b"}), (Words{"/a", "a.b", "/", "a"}));
  EXPECT_EQ(expand({"{.}", "{/.}"}, {"a."}), (Words{"a", "a"}));
}

TEST(Template, finds_a_name_where_others_leave_nothing) {
  EXPECT_EQ(expand({"{/}", "{//}", "{/.}"}, {"a/b.c/"}), (Words{"b.c", "a", "b"}));
  EXPECT_EQ(expand({"{.}", "{/.}"}, {"a/.bashrc"}), (Words{"a/.bashrc", ".bashrc"}));
  EXPECT_EQ(expand({"{/}", "{//}"}, {"//"}), (Words{"/", "/"}));
  EXPECT_EQ(expand({"{/}", "{//}"}, {"a//b"}), (Words{"b", "a"}));
}

TEST(Template, shows_items_by_number_from_both_ends) {
  EXPECT_EQ(one("{1}-{2}", {"a", "b"}), "a-b");
  EXPECT_EQ(one("{-1}{-2}", {"a", "b"}), "ba");
  EXPECT_EQ(one("{2/.}", {"a", "x/b.c"}), "b");
  EXPECT_EQ(one("{-1//}", {"a", "x/b.c"}), "x");
  EXPECT_EQ(one("{2.}", {"a", "x/b.c"}), "x/b");
}

TEST(Template, shows_nothing_for_an_item_that_is_not_there) {
  EXPECT_EQ(expand({"{3}", "{-3}", "{3//}"}, {"a", "b"}), (Words{"", "", ""}));
  EXPECT_EQ(one("{9223372036854775807}{-9223372036854775808}", {"a"}), "");
}

TEST(Template, shows_columns_by_name) {
  const Words names = {"login", "full name", "a.b", "x"};
  const Words items = {"joe", "Joe Doe", "d/e.f", "d/e.f"};
  EXPECT_EQ(one("{login}:{full name}", items, names), "joe:Joe Doe");
  EXPECT_EQ(one("{x/.}", items, names), "e");
  EXPECT_EQ(one("{a.b}", items, names), "d/e.f");
  EXPECT_EQ(one("{a.b//}", items, names), "d");
  EXPECT_EQ(one("{4}", items, names), "d/e.f");
}

TEST(Template, leaves_what_is_no_place_as_it_is) {
  for (const std::string word :
       {"{", "}", "{foo}", "{1,2}", "{0}", "{01}", "{-0}", "{ }", "{{", "}{", "${x}", "{1", "{+1}",
        "{...}", "{99999999999999999999}", "a{b"}) {
    EXPECT_EQ(expand({word, "{}"}, {"i"}), (Words{word, "i"})) << word;
  }
  EXPECT_EQ(one("{{}}", {"i"}), "{i}");
  EXPECT_EQ(one("{foo{1}", {"i"}), "{fooi");
}

TEST(Template, repeats_a_word_for_each_item) {
  EXPECT_EQ(expand({"cp", "{}", "old-{}", "to"}, {"a", "b"}),
            (Words{"cp", "a", "b", "old-a", "old-b", "to"}));
  EXPECT_EQ(expand({"{}={1}"}, {"a", "b"}), (Words{"a=a", "b=a"}));
}

TEST(Template, never_puts_an_item_through_the_template_again) {
  EXPECT_EQ(one("{1}{2}", {"{2}", "{}"}), "{2}{}");
}

TEST(Template, counts_jobs_and_leaves_the_slot_open) {
  EXPECT_EQ(one("{#}", {"a"}), "7");
  const Job job{.argv = expand({"x{%}y{%}", "{}"}, {"a"})};
  EXPECT_EQ(argv_in_slot(job, 12), (Words{"x12y12", "a"}));
}

TEST(Template, knows_whether_it_shows_items) {
  EXPECT_FALSE(Template(Words{"echo", "{x}"}, {}).has_places());
  EXPECT_TRUE(Template(Words{"echo", "{#}"}, {}).has_places());
  EXPECT_EQ(Template(Words{"echo", "{#}", "{%}"}, {}).first_item_place(), "");
  EXPECT_EQ(Template(Words{"echo", "{#}", "a{2/.}", "{}"}, {}).first_item_place(), "{2/.}");
  Template appended(Words{"echo"}, {});
  appended.append_items();
  EXPECT_EQ(appended.expand(Words{"a", "b"}, 1), (Words{"echo", "a", "b"}));
}

TEST(Template, keeps_empty_words_and_empty_items) {
  EXPECT_EQ(expand({"", "{}"}, {""}), (Words{"", ""}));
}

TEST(Template, finds_places_in_a_script_but_not_what_belongs_to_the_shell) {
  EXPECT_EQ(find_place("gzip {}"), "{}");
  EXPECT_EQ(find_place("mv \"$1\" {2/.}"), "{2/.}");
  EXPECT_EQ(find_place("echo {#}"), "{#}");
  EXPECT_EQ(find_place("echo ${1} ${#} \"${1%.gz}\" {a,b} { date; } {1..5}"), "");
}

// NOLINTBEGIN(performance-unnecessary-value-param): so rapidcheck hands them out.
RC_GTEST_PROP(Template, passes_any_bytes_through, (std::vector<std::string> items)) {
  RC_PRE(!items.empty());
  RC_ASSERT(Template(Words{"{}"}, {}).expand(items, 1) == items);
}

RC_GTEST_PROP(Template, takes_words_without_braces_literally, (std::vector<std::string> words)) {
  for (std::string& word : words) {
    std::erase(word, '{');
  }
  RC_ASSERT(Template(words, {}).expand(Words{"item"}, 1) == words);
}

RC_GTEST_PROP(Template, never_needs_more_room_than_it_says, ()) {
  const auto word = rc::gen::container<std::string>(
      rc::gen::element('{', '}', '.', '/', '1', '2', '-', '#', 'x'));
  auto words = *rc::gen::container<std::vector<std::string>>(word);
  words.emplace_back("{}");
  words.emplace_back("{2//}{}");
  const auto items = *rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::element('a', '/', '.')));
  const Template command(words, {});
  ItemSizes sizes;
  std::size_t longest_said = 0;
  for (const std::string& item : items) {
    sizes.add(item);
    longest_said = std::max(longest_said, command.argument_bytes_at_most(item));
  }
  std::size_t bytes = 0;
  for (const std::string& argument : command.expand(items, UINT64_MAX)) {
    bytes += argument.size() + 1 + sizeof(char*);
  }
  RC_ASSERT(bytes <= command.bytes_at_most(sizes));
}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace
}  // namespace tend::jobs
