// OutputStore: bytes come back as they were put in, within the budget, and a full disk is told.

#include "jobs/output/output_store.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

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
  OutputStore store(100'000, "/nowhere/at/all");
  HeldOutput held;
  EXPECT_TRUE(store.append(held, std::string(100'000, 'x')));
  const auto refused = store.append(held, "y");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("/nowhere/at/all"), std::string::npos);
  EXPECT_EQ(take_all(store, held), std::string(100'000, 'x'));
}

TEST(OutputStore, what_cannot_be_kept_is_not_half_kept) {
  OutputStore store(0, "/dev/full");
  HeldOutput held;
  EXPECT_FALSE(store.append(held, std::string(20'000, 'x')));
  EXPECT_TRUE(held.is_empty());
}

TEST(OutputStore, has_room_for_short_streams_where_the_disk_has_none) {
  OutputStore store(100'000, "/dev/full");
  HeldOutput large;
  ASSERT_TRUE(store.append(large, std::string(100'000, 'x')));
  std::vector<HeldOutput> small(1000);
  std::size_t kept = 0;
  for (HeldOutput& held : small) {
    kept += store.append(held, std::string(10'000, 'y')) ? 1U : 0U;
  }
  EXPECT_GT(kept, 100U);
  EXPECT_LT(kept, 1000U) << "it is no second budget";
  EXPECT_FALSE(store.append(small.front(), std::string(10'000, 'y'))) << "no longer short";
  EXPECT_EQ(take_all(store, small.front()), std::string(10'000, 'y'));
}

}  // namespace
}  // namespace tend::jobs
