// The time index and the plan of rotation: pure values.

#include "service/recorder/time_index.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "service/recorder/found_logs.hpp"
#include "service/recorder/log_names.hpp"
#include "service/recorder/pipe_budget.hpp"
#include "service/recorder/rotation_plan.hpp"

namespace tend::service {

namespace {

std::vector<IndexEntry> some_entries() {
  return {{.offset = 0, .realtime_ns = 1'000, .kind = IndexKind::begin},
          {.offset = 0, .realtime_ns = 1'100, .run = 7},
          {.offset = 500, .realtime_ns = 2'000, .run = 7},
          {.offset = 501, .realtime_ns = -5, .run = 0xffff'ffff},
          {.offset = UINT64_MAX, .realtime_ns = INT64_MAX, .kind = IndexKind::cut}};
}

std::string bytes_of(const std::vector<IndexEntry>& entries) {
  std::string bytes;
  for (const IndexEntry& entry : entries) {
    const IndexEntryBytes encoded = encode(entry);
    bytes.append(encoded.data(), encoded.size());
  }
  return bytes;
}

TEST(TimeIndex, entries_come_back_as_they_were) {
  EXPECT_EQ(decode_index(bytes_of(some_entries())), some_entries());
  EXPECT_TRUE(decode_index({}).empty());
}

TEST(TimeIndex, torn_at_any_byte_the_whole_entries_are_used) {
  const std::string bytes = bytes_of(some_entries());
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    auto expected = some_entries();
    expected.resize(length / index_entry_bytes);
    EXPECT_EQ(decode_index(std::span(bytes).first(length)), expected) << length;
  }
}

TEST(TimeIndex, a_flipped_bit_costs_its_entry_and_no_other) {
  const std::string bytes = bytes_of(some_entries());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] =
        static_cast<char>(static_cast<unsigned char>(flipped[bit / 8]) ^ (1U << bit % 8));
    auto expected = some_entries();
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(bit / 8 / index_entry_bytes));
    EXPECT_EQ(decode_index(flipped), expected) << bit;
  }
}

TEST(TimeIndex, zeros_and_foreign_bytes_are_no_entries) {
  EXPECT_TRUE(decode_index(std::string(4096, '\0')).empty());
  EXPECT_TRUE(decode_index(std::string(4096, 'x')).empty());
}

TEST(TimeIndex, finds_the_time_of_each_offset) {
  const std::vector<IndexEntry> entries{{.offset = 10, .realtime_ns = 1},
                                        {.offset = 20, .realtime_ns = 2},
                                        {.offset = 20, .realtime_ns = 3},
                                        {.offset = 30, .realtime_ns = 4}};
  EXPECT_EQ(time_at(entries, 9), std::nullopt);
  EXPECT_EQ(time_at(entries, 10), 1);
  EXPECT_EQ(time_at(entries, 19), 1);
  EXPECT_EQ(time_at(entries, 20), 3);
  EXPECT_EQ(time_at(entries, 1'000'000), 4);
}

TEST(TimeIndex, finds_the_offset_from_a_time_on_also_when_the_clock_was_set_back) {
  const std::vector<IndexEntry> entries{{.offset = 0, .realtime_ns = 100},
                                        {.offset = 10, .realtime_ns = 200},
                                        {.offset = 20, .realtime_ns = 150},
                                        {.offset = 30, .realtime_ns = 300}};
  EXPECT_EQ(offset_since(entries, 0), 0U);
  EXPECT_EQ(offset_since(entries, 160), 10U);
  EXPECT_EQ(offset_since(entries, 250), 30U);
  EXPECT_EQ(offset_since(entries, 301), std::nullopt);
}

TEST(TimeIndex, offsets_that_go_back_void_what_was_said_of_the_part_that_was_cut_off) {
  const std::vector<IndexEntry> entries{{.offset = 0, .realtime_ns = 1},
                                        {.offset = 100, .realtime_ns = 2},
                                        {.offset = 50, .realtime_ns = 3}};
  const auto read = decode_index(bytes_of(entries));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(time_at(read, 120), 3);
}

TEST(TimeIndex, an_entry_is_wanted_every_10_ms_or_64_KiB_and_for_each_run) {
  IndexThinner thinner;
  const IndexEntry first{.offset = 0, .realtime_ns = 1'000'000'000, .run = 1};
  EXPECT_TRUE(thinner.wants(first));
  thinner.note(first);
  EXPECT_FALSE(thinner.wants({.offset = 9, .realtime_ns = 1'009'999'999, .run = 1}));
  EXPECT_TRUE(thinner.wants({.offset = 9, .realtime_ns = 1'010'000'000, .run = 1}));
  EXPECT_TRUE(thinner.wants({.offset = 65'536, .realtime_ns = 1'000'000'001, .run = 1}));
  EXPECT_TRUE(thinner.wants({.offset = 9, .realtime_ns = 1'000'000'001, .run = 2}));
  EXPECT_TRUE(thinner.wants({.offset = 9, .realtime_ns = 999'999'999, .run = 1}));
}

TEST(RotationPlan, a_file_is_rotated_behind_its_last_line_when_it_is_full) {
  const RotationLimits limits = limits_of(1'000, UINT64_MAX);
  EXPECT_EQ(plan_rotation(999, 990, limits), std::nullopt);
  EXPECT_EQ(plan_rotation(1'000, 990, limits), (Rotation{.at = 990}));
  EXPECT_EQ(plan_rotation(1'000, 1'000, limits), (Rotation{.at = 1'000}));
}

TEST(RotationPlan, waits_for_a_newline_up_to_8_MiB_then_cuts) {
  const RotationLimits limits = limits_of(1'000, UINT64_MAX);
  const std::uint64_t hard = 1'000 + (8U << 20U);
  EXPECT_EQ(plan_rotation(hard - 1, std::nullopt, limits), std::nullopt);
  EXPECT_EQ(plan_rotation(hard, std::nullopt, limits), (Rotation{.at = hard, .is_cut = true}));
  EXPECT_GT(room_in(hard - 1, limits), 0U);
  EXPECT_EQ(room_in(hard, limits), 0U);
}

TEST(RotationPlan, room_never_leads_beyond_the_next_limit) {
  const RotationLimits limits = limits_of(100'000, UINT64_MAX);
  for (std::uint64_t size = 0; size < limits.hard_size; size += 7'919) {
    const std::uint64_t after = size + room_in(size, limits);
    EXPECT_GT(after, size);
    EXPECT_LE(after, size < limits.max_size ? limits.max_size : limits.hard_size);
  }
}

TEST(RotationPlan, a_limit_of_file_size_makes_smaller_files) {
  const RotationLimits limits = limits_of(1'000'000, 10'000);
  EXPECT_EQ(limits.max_size, 5'000U);
  EXPECT_EQ(limits.hard_size, 10'000U);
  const RotationLimits endless = limits_of(UINT64_MAX, UINT64_MAX);
  EXPECT_GT(endless.hard_size, endless.max_size);
  EXPECT_EQ(limits_of(0, UINT64_MAX).max_size, 1U);
}

TEST(RotationPlan, an_interrupted_rotation_is_finished_only_if_the_tail_has_left_the_old_file) {
  EXPECT_EQ(plan_recovery('\n'), Recovery::finish);
  EXPECT_EQ(plan_recovery(std::nullopt), Recovery::finish);
  EXPECT_EQ(plan_recovery('x'), Recovery::discard);
}

TEST(LogNames, are_read_back) {
  EXPECT_EQ(finished_log_name("web.1", 42), "web.1.log.000042");
  EXPECT_EQ(finished_log_name("web", 12'345'678), "web.log.12345678");
  for (const std::string service : {"web", "web.1", "a.log", "x.log.000001", "y.new"}) {
    const std::string names[] = {current_log_name(service), next_log_name(service),
                                 finished_log_name(service, 7), index_name(service, 8)};
    const LogNameKind kinds[] = {LogNameKind::current, LogNameKind::next, LogNameKind::finished,
                                 LogNameKind::index};
    for (std::size_t i = 0; i < 4; ++i) {
      const auto parsed = parse_log_name(names[i]);
      ASSERT_TRUE(parsed) << names[i];
      EXPECT_EQ(parsed->service, service);
      EXPECT_EQ(parsed->kind, kinds[i]);
      EXPECT_EQ(parsed->generation, i < 2 ? 0 : 5 + i);
    }
  }
  for (const char* name : {"", ".log", "web", "web.log.1", "web.log.idx", "web.log.00000x",
                           "web.log.99999999999999999999999", "web.log.000001.gz"}) {
    EXPECT_FALSE(parse_log_name(name)) << name;
  }
}

TEST(FoundLogs, the_number_of_the_current_file_is_never_one_that_was_used) {
  FoundByService found;
  EXPECT_EQ(found["web"].generation(), 1U);
  add_found(found, "web.log");
  EXPECT_EQ(found["web"].generation(), 1U);
  add_found(found, "web.log.000003");
  add_found(found, "web.log.000002");
  EXPECT_EQ(found["web"].generation(), 4U);
  add_found(found, "web.log.000005.idx");
  EXPECT_EQ(found["web"].generation(), 5U);
  found["web"].has_current = false;
  EXPECT_EQ(found["web"].generation(), 6U);
  add_found(found, "web.log.new");
  EXPECT_EQ(found["web"].generation(), 5U);
}

TEST(PipeBudget, grows_busy_pipes_up_to_a_quarter_of_the_users_limit) {
  PipeBudget budget(std::size_t{64} << 20U);
  std::size_t grown = 0;
  while (budget.may_grow(65'536)) {
    budget.take(PipeBudget::grown_bytes);
    ++grown;
  }
  EXPECT_EQ(grown, 64U);
  budget.give_back(PipeBudget::grown_bytes);
  EXPECT_TRUE(budget.may_grow(65'536));
  EXPECT_FALSE(budget.may_grow(PipeBudget::grown_bytes));
  EXPECT_TRUE(PipeBudget::is_busy(65'536, 65'536));
  EXPECT_FALSE(PipeBudget::is_busy(100, 65'536));
}

}  // namespace

}  // namespace tend::service
