// OutputStore: bytes come back as they were put in, within the budget, and a full disk is told.

#include "jobs/output/output_store.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

std::string take_all(OutputStore& store, HeldOutput& held) {
  std::string all;
  while (!held.is_empty()) {
    const auto piece = store.take(held);
    EXPECT_TRUE(piece) << piece.error().message();
    if (!piece || piece->empty()) {
      break;
    }
    all += *piece;
  }
  return all;
}

TEST(OutputStore, gives_back_what_it_got_from_memory_and_from_disk) {
  test::TempDir folder;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    OutputStore store(random() % 200'000, folder.path().string());
    std::map<unsigned, HeldOutput> held;
    std::map<unsigned, std::string> expected;
    for (int step = 0; step < 300; ++step) {
      const auto job = static_cast<unsigned>(random() % 5);
      if (random() % 10 == 0) {
        EXPECT_EQ(take_all(store, held[job]), expected[job]);
        expected[job].clear();
      } else if (random() % 40 == 0) {
        store.drop(held[job]);
        expected[job].clear();
      } else {
        const std::string bytes(random() % 3 == 0 ? random() % 50'000 : random() % 100,
                                static_cast<char>(random()));
        ASSERT_TRUE(store.append(held[job], bytes));
        expected[job] += bytes;
      }
      EXPECT_EQ(held[job].bytes(), expected[job].size());
    }
    for (auto& [job, output] : held) {
      EXPECT_EQ(take_all(store, output), expected[job]);
    }
    EXPECT_EQ(store.memory_bytes(), 0U);
    EXPECT_EQ(store.spilled_bytes(), 0U);
  }
}

TEST(OutputStore, stays_within_its_budget) {
  test::TempDir folder;
  OutputStore store(100'000, folder.path().string());
  HeldOutput small;
  HeldOutput large;
  for (int count = 0; count < 100; ++count) {
    ASSERT_TRUE(store.append(small, "a line\n"));
    ASSERT_TRUE(store.append(large, std::string(10'000, 'x')));
    EXPECT_LE(store.memory_bytes(), 100'000U);
  }
  EXPECT_GE(store.spilled_bytes(), 900'000U);
  store.drop(small);
  store.drop(large);
  EXPECT_EQ(store.memory_bytes(), 0U);
  EXPECT_EQ(store.spilled_bytes(), 0U);
}

TEST(OutputStore, leaves_no_file_behind_and_needs_none_before_the_budget_is_used_up) {
  OutputStore store(1000, "/nowhere/at/all");
  HeldOutput held;
  EXPECT_TRUE(store.append(held, std::string(1000, 'x')));
  const auto refused = store.append(held, "y");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("/nowhere/at/all"), std::string::npos);
  EXPECT_EQ(take_all(store, held), std::string(1000, 'x'));
}

TEST(OutputStore, what_cannot_be_kept_is_not_half_kept) {
  OutputStore store(0, "/dev/full");
  HeldOutput held;
  EXPECT_FALSE(store.append(held, "x"));
  EXPECT_TRUE(held.is_empty());
}

}  // namespace
}  // namespace tend::jobs
