#include "os/proc_text.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdint>
#include <limits>

#include "os/procfs.hpp"

namespace tend::os {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* plain =
    "17 (sh) S 1 17 16 34816 17 4194368 9 0 0 0 3 4 0 0 20 0 2 0 5555 2801664 229 0 0\n";

TEST(ProcStat, fields_are_found_by_their_place) {
  const auto stat = parse_proc_stat(plain);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->pid, 17);
  EXPECT_EQ(stat->name, "sh");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 1);
  EXPECT_EQ(stat->group, 17);
  EXPECT_EQ(stat->session, 16);
  EXPECT_EQ(stat->terminal, 34816);
  EXPECT_EQ(stat->user_ticks, 3U);
  EXPECT_EQ(stat->system_ticks, 4U);
  EXPECT_EQ(stat->threads, 2);
  EXPECT_EQ(stat->start_ticks, 5555U);
  EXPECT_EQ(stat->memory_pages, 229U);
  EXPECT_FALSE(stat->has_executed());
  EXPECT_FALSE(stat->is_zombie());
}

TEST(ProcStat, name_may_hold_anything) {
  const auto stat =
      parse_proc_stat("17 (a) R 1 (b\n) x) Z 1 2 3 0 -1 0 9 0 0 0 3 4 0 0 20 0 1 0 9 0 0\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->name, "a) R 1 (b\n) x");
  EXPECT_TRUE(stat->is_zombie());
}

TEST(ProcStat, half_a_line_is_refused) {
  const std::string whole = plain;
  for (std::size_t length = 0; length < 50; ++length) {
    EXPECT_FALSE(parse_proc_stat(whole.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(parse_proc_stat("x (y) S 1").has_value());
  EXPECT_FALSE(parse_proc_stat(")(").has_value());
}

TEST(ProcStat, own_process_is_readable) {
  const auto stat = read_proc_stat(::getpid());
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->pid, ::getpid());
  EXPECT_EQ(stat->parent, ::getppid());
  EXPECT_EQ(stat->group, ::getpgrp());
}

TEST(ProcLimit, is_found_by_its_label) {
  constexpr const char* text =
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max file size             unlimited            unlimited            bytes     \n"
      "Max file locks            4611686018427387904  7                    locks     \n";
  EXPECT_EQ(parse_proc_limit(text, "Max file locks"),
            (ProcLimit{.soft = 4611686018427387904U, .hard = 7}));
  EXPECT_EQ(parse_proc_limit(text, "Max file size")->soft,
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(parse_proc_limit(text, "Max file").has_value());
  EXPECT_FALSE(parse_proc_limit(text, "Max nothing").has_value());
}

TEST(ProcChildren, are_numbers_between_spaces) {
  EXPECT_THAT(parse_proc_children("12 13 4000000 "), ElementsAre(12, 13, 4000000));
  EXPECT_THAT(parse_proc_children(""), IsEmpty());
  EXPECT_THAT(parse_proc_children("1x -5 0 7"), ElementsAre(7));
}

TEST(ProcStrings, are_split_at_nul) {
  EXPECT_THAT(parse_proc_strings(std::string_view("a=b\0\0c\0", 7)), ElementsAre("a=b", "", "c"));
  EXPECT_THAT(parse_proc_strings("cut"), ElementsAre("cut"));
}

TEST(ProcCgroup, is_the_line_of_the_unified_tree) {
  EXPECT_EQ(parse_unified_cgroup("4:memory:/x\n0::/user.slice/a b\n"), "/user.slice/a b");
  EXPECT_FALSE(parse_unified_cgroup("4:memory:/x\n").has_value());
}

TEST(ProcMounts, are_found_by_their_type) {
  constexpr const char* text =
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
      "41 31 0:38 /part /sys/fs/cg\\040roup rw,relatime shared:4 - cgroup2 cgroup2 rw\n";
  EXPECT_THAT(parse_mounts(text, "cgroup2"),
              ElementsAre(MountPoint{.root = "/part", .point = "/sys/fs/cg roup"}));
}

}  // namespace
}  // namespace tend::os
