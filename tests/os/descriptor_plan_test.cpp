// Any set of wishes ends with exactly the wished descriptors: the plan is played against a model of
// a process's descriptor table.

#include "os/descriptor_plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tend::os {
namespace {

/// Descriptor number -> which file, and whether exec closes it.
struct Entry {
  int file = 0;
  bool closes_on_exec = true;
};
using Table = std::map<int, Entry>;

int lowest_free(const Table& table, int at_least) {
  while (table.contains(at_least)) {
    ++at_least;
  }
  return at_least;
}

/// What raw/spawn_child.cpp does, on the model.
Table play(const DescriptorPlan& plan, Table table) {
  std::set<int> targets;
  for (const raw::DescriptorPlacement& placement : plan.placements) {
    targets.insert(placement.target);
  }
  std::vector<int> placed;
  for (const raw::DescriptorSource& source : plan.sources) {
    int number = source.number;
    if (source.is_in_the_way != 0) {
      const int file = table.at(number).file;
      int at_least = 3;
      do {
        number = lowest_free(table, at_least);
        table[number] = {.file = file};
        at_least = number + 1;
      } while (targets.contains(number));
    }
    placed.push_back(number);
  }
  for (const raw::DescriptorPlacement& placement : plan.placements) {
    const Entry from = table.at(placed[placement.source]);
    table[placement.target] = {.file = from.file, .closes_on_exec = false};
  }
  for (auto& [number, entry] : table) {
    for (const raw::DescriptorHole& hole : plan.holes) {
      const auto unsigned_number = static_cast<unsigned>(number);
      if (unsigned_number >= hole.first && unsigned_number <= hole.last) {
        entry.closes_on_exec = true;
      }
    }
  }
  return table;
}

RC_GTEST_PROP(DescriptorPlan, gives_exactly_what_was_wished_and_keeps_what_is_needed,
              (std::set<unsigned char> open, std::map<unsigned char, unsigned char> wanted,
               bool has_kept)) {
  Table table;
  int next_file = 100;
  for (const unsigned char number : open) {
    table[number % 24] = {.file = ++next_file, .closes_on_exec = number % 2 == 0};
  }
  RC_PRE(!table.empty());
  std::vector<int> numbers;
  for (const auto& [number, entry] : table) {
    numbers.push_back(number);
  }
  std::map<int, int> by_target;
  for (const auto& [target, pick] : wanted) {
    by_target[target % 30] = numbers[pick % numbers.size()];
  }
  std::vector<int> kept;
  if (has_kept) {
    const int number = lowest_free(table, 0);
    table[number] = {.file = 99};
    kept.push_back(number);
  }
  std::vector<DescriptorWish> wishes;
  for (const auto& [target, source] : by_target) {
    wishes.push_back(
        {.source = source, .target = target, .is_inheritable = !table.at(source).closes_on_exec});
  }

  const auto plan = plan_descriptors(wishes, kept);
  RC_ASSERT(plan.has_value());
  const Table after = play(*plan, table);

  std::set<int> seen;
  bool is_kept_open = false;
  for (const auto& [number, entry] : after) {
    if (!entry.closes_on_exec) {
      RC_ASSERT(by_target.contains(number));
      RC_ASSERT(entry.file == table.at(by_target.at(number)).file);
      seen.insert(number);
    }
    is_kept_open = is_kept_open || (entry.file == 99 && entry.closes_on_exec);
  }
  RC_ASSERT(seen.size() == by_target.size());
  RC_ASSERT(kept.empty() || is_kept_open);
}

TEST(DescriptorPlan, needs_no_call_for_an_inheritable_descriptor_that_stays_where_it_is) {
  const std::vector<DescriptorWish> wishes{{.source = 0, .target = 0, .is_inheritable = true},
                                           {.source = 1, .target = 1, .is_inheritable = false},
                                           {.source = 0, .target = 2, .is_inheritable = true}};
  const auto plan = plan_descriptors(wishes, {}).value();
  ASSERT_EQ(plan.placements.size(), 2U);
  EXPECT_EQ(plan.placements[0].target, 1);
  EXPECT_EQ(plan.placements[1].target, 2);
}

TEST(DescriptorPlan, refuses_two_wishes_for_one_number) {
  const std::vector<DescriptorWish> wishes{{.source = 5, .target = 3}, {.source = 6, .target = 3}};
  EXPECT_FALSE(plan_descriptors(wishes, {}).has_value());
}

TEST(DescriptorPlan, refuses_negative_numbers) {
  const std::vector<DescriptorWish> wishes{{.source = -1, .target = 3}};
  EXPECT_FALSE(plan_descriptors(wishes, {}).has_value());
}

}  // namespace
}  // namespace tend::os
