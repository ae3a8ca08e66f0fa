#include <tend/inspect/tree.hpp>

#include <gmock/gmock.h>

#include "inspect/parentage.hpp"
#include "inspect/view_text.hpp"

namespace tend::inspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Process made(std::int32_t pid, std::uint64_t ticks, Identity parent = {}) {
  return {.identity = {.pid = pid, .start_ticks = ticks}, .parent = parent};
}

TEST(Tree, children_lie_below_their_parents) {
  const std::vector<Process> all{made(1, 1), made(5, 9, {1, 1}), made(6, 9, {5, 9}),
                                 made(7, 20, {1, 1})};
  const Tree tree(all);
  EXPECT_THAT(tree.roots(), ElementsAre(0));
  EXPECT_THAT(tree.children(0), ElementsAre(1, 3));
  EXPECT_THAT(tree.children(1), ElementsAre(2));
  EXPECT_THAT(tree.children(3), IsEmpty());
  EXPECT_EQ(tree.parent(2), 1U);
  EXPECT_EQ(tree.parent(0), std::nullopt);
  EXPECT_EQ(tree.find(7), 3U);
  EXPECT_EQ(tree.find(8), std::nullopt);
  EXPECT_THAT(tree.with_descendants(0), ElementsAre(0, 1, 3, 2));
}

TEST(Tree, a_later_owner_of_the_pid_is_no_parent) {
  const std::vector<Process> all{made(4, 50), made(5, 60, {4, 10})};
  EXPECT_THAT(Tree(all).roots(), ElementsAre(0, 1));
}

TEST(Tree, a_parent_that_is_not_sure_is_none) {
  const std::vector<Process> all{made(4, 10), made(5, 60, {4, 0})};
  EXPECT_THAT(Tree(all).roots(), ElementsAre(0, 1));
}

TEST(Tree, made_up_circles_and_older_children_are_cut) {
  const std::vector<Process> all{made(1, 5, {2, 5}), made(2, 5, {1, 5}), made(3, 5, {3, 5}),
                                 made(4, 1, {5, 9}), made(5, 9)};
  const Tree tree(all);
  std::size_t met = 0;
  for (const std::size_t root : tree.roots()) {
    met += tree.with_descendants(root).size();
  }
  EXPECT_EQ(met, all.size());
  EXPECT_EQ(tree.parent(2), std::nullopt);
  EXPECT_EQ(tree.parent(3), std::nullopt);
}

TEST(Tree, of_nothing_is_empty) { EXPECT_THAT(Tree({}).roots(), IsEmpty()); }

TEST(Tree, the_order_of_the_processes_does_not_matter) {
  const std::vector<Process> all{made(7, 20, {1, 1}), made(1, 1)};
  const Tree tree(all);
  EXPECT_THAT(tree.roots(), ElementsAre(1));
  EXPECT_THAT(tree.children(1), ElementsAre(0));
}

TEST(Parentage, depends_on_who_was_there_first) {
  constexpr std::uint64_t began = 100;
  EXPECT_EQ(parentage_of(made(9, 50), made(5, 40), began), Parentage::certain);
  EXPECT_EQ(parentage_of(made(9, 50), made(5, 50), began), Parentage::certain);
  EXPECT_EQ(parentage_of(made(9, 50), made(5, 51), began), Parentage::impossible);
  EXPECT_EQ(parentage_of(made(9, 100), made(5, 40), began), Parentage::if_still_there);
  EXPECT_EQ(parentage_of(made(9, 120), made(5, 110), began), Parentage::if_still_there);
  EXPECT_EQ(parentage_of(made(9, 120), made(5, 120), began), Parentage::if_repeated);
}

TEST(HidingText, the_uppermost_mount_on_proc_counts) {
  EXPECT_EQ(parse_hiding("22 1 0:5 / /proc rw shared:5 - proc proc rw\n"), HidingRule{});
  EXPECT_EQ(parse_hiding("22 1 0:5 / /proc rw - proc proc rw\n"
                         "23 1 0:6 / /x/proc rw - proc proc rw,hidepid=2\n"
                         "24 22 0:7 / /proc rw - proc none rw,gid=7,hidepid=invisible\n"),
            (HidingRule{.hiding = Hiding::existence, .exempt_group = 7}));
  EXPECT_EQ(parse_hiding("1 1 0:5 / /proc rw - proc proc rw,hidepid=1\n").hiding, Hiding::contents);
  EXPECT_EQ(parse_hiding("1 1 0:5 / /proc rw - proc proc rw,hidepid=4\n").hiding,
            Hiding::existence);
  EXPECT_EQ(parse_hiding("nonsense\n\n - \n").hiding, Hiding::none);
}

TEST(View, who_may_trace_or_is_in_the_group_is_shown_everything) {
  const HidingRule rule{.hiding = Hiding::existence, .exempt_group = 7};
  Status self{.namespace_pids = {5}};
  EXPECT_EQ(view_of(rule, self).hiding, Hiding::existence);
  EXPECT_FALSE(view_of(rule, self).note().empty());
  Status member = self;
  member.credentials.supplementary = {6, 7};
  EXPECT_EQ(view_of(rule, member).hiding, Hiding::none);
  Status tracer = self;
  tracer.capabilities.effective.add(19);
  EXPECT_EQ(view_of(rule, tracer), View{});
  EXPECT_TRUE(view_of(rule, tracer).note().empty());
}

TEST(View, a_reader_with_a_pid_of_its_own_further_in_does_not_own_this_proc) {
  const View view = view_of({}, Status{.namespace_pids = {500, 3}});
  EXPECT_FALSE(view.is_own_namespace);
  EXPECT_FALSE(view.note().empty());
}

}  // namespace
}  // namespace tend::inspect
