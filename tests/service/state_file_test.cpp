#include "service/state_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "os/files.hpp"
#include "service/spec_codec.hpp"
#include "support/temp_dir.hpp"

namespace tend::service {

namespace {

ProjectSpec two_services() {
  ProjectSpec project{.name = "demo", .file = "/etc/demo/tend.toml", .log_dir = "/var/log/demo"};
  project.services.push_back({.name = "db", .argv = {"/bin/db", "--port", "7001"}});
  project.services.push_back({.name = "web", .argv = {"/bin/web"}, .requires_ = {{.on = 0}}});
  return project;
}

class StateFileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = os::open_directory(temp_.path());
    ASSERT_TRUE(opened) << opened.error().message();
    directory_ = *std::move(opened);
  }

  Result<StateFile> create() {
    const ServiceState waiting{.phase = Phase::waiting, .wanted = true};
    return StateFile::create_at(directory_, "state", two_services(), {&waiting, 1});
  }

  test::TempDir temp_;
  os::Fd directory_;
};

TEST_F(StateFileTest, a_new_file_holds_the_specs_and_the_first_states) {
  ASSERT_TRUE(create());
  const auto state = StateFile::open_at(directory_, "state");
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->count(), 2U);
  EXPECT_EQ(*state->project(), two_services());
  EXPECT_EQ(state->header().specs_digest, digest(encode(two_services())));
  EXPECT_EQ(state->record(0).state.phase, Phase::waiting);
  EXPECT_EQ(state->record(1).state.phase, Phase::stopped);
  EXPECT_TRUE(state->is_of_this_boot());
  EXPECT_EQ(state->stored_fd(StoredKind::log_pipe, 0, 1), -1);
}

TEST_F(StateFileTest, whoever_looks_while_it_is_made_finds_all_of_it_or_nothing) {
  std::ofstream(temp_.path() / "state.part") << "left by one who was killed";
  std::atomic<bool> is_over = false;
  std::set<int> codes;
  std::thread looker([&] {
    while (!is_over) {
      const auto state = StateFile::open_at(directory_, "state");
      codes.insert(state ? 0 : state.error().code);
    }
  });
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(create());
    ASSERT_TRUE(os::remove_file_at(directory_, "state"));
  }
  is_over = true;
  looker.join();
  codes.erase(0);
  codes.erase(ENOENT);
  EXPECT_EQ(codes, std::set<int>{});
  EXPECT_FALSE(std::filesystem::exists(temp_.path() / "state.part"));
}

TEST_F(StateFileTest, the_last_record_is_the_one_that_is_read) {
  auto state = create();
  ASSERT_TRUE(state);
  for (std::uint32_t run = 1; run <= 5; ++run) {
    DirectorRecord record = state->record(1);
    record.state.run = run;
    state->set_record(1, record);
    EXPECT_EQ(state->record(1).state.run, run);
    EXPECT_EQ(StateFile::open_at(directory_, "state")->record(1).state.run, run);
  }
  EXPECT_EQ(state->record(0).state.run, 0U);
}

TEST_F(StateFileTest, a_write_that_was_killed_half_way_leaves_the_record_before_it) {
  auto state = create();
  ASSERT_TRUE(state);
  DirectorRecord record = state->record(0);
  record.state.run = 7;
  state->set_record(0, record);
  // The next write fills the other copy first and counts last; here it never comes to counting.
  auto* raw = reinterpret_cast<Record*>(state->bytes().data() + state->header().records_offset);
  auto* other = reinterpret_cast<std::byte*>(&raw->copies[(raw->sequence + 1) % 2]);
  std::fill_n(other, sizeof(DirectorRecord) / 2, std::byte{0x5a});
  EXPECT_EQ(state->record(0).state.run, 7U);
  EXPECT_EQ(state->record(0).state.phase, Phase::waiting);
}

TEST_F(StateFileTest, a_report_counts_only_for_its_own_run) {
  auto state = create();
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->has_report(0, 0)) << "run 0 never was";
  const_cast<ExitReport&>(state->report(0)).run = 3;
  EXPECT_TRUE(state->has_report(0, 3));
  EXPECT_FALSE(state->has_report(0, 4));
  EXPECT_FALSE(state->has_report(1, 3));
}

TEST_F(StateFileTest, a_file_cut_anywhere_is_refused_in_words) {
  ASSERT_TRUE(create());
  const std::string path = temp_ / "state";
  const auto whole = std::filesystem::file_size(path);
  constexpr std::uintmax_t step = 64;
  for (std::uintmax_t bytes = whole - step; bytes >= step; bytes -= step) {
    std::filesystem::resize_file(path, bytes);
    const auto cut = StateFile::open_at(directory_, "state");
    ASSERT_FALSE(cut) << "cut to " << bytes << " bytes";
    EXPECT_EQ(cut.error().step, "read");
    EXPECT_FALSE(cut.error().detail.empty());
  }
}

TEST_F(StateFileTest, any_flipped_bit_of_the_header_is_refused_or_harmless) {
  ASSERT_TRUE(create());
  const std::string path = temp_ / "state";
  const std::string original = test::read_file(path);
  for (std::size_t at = 0; at < sizeof(StateHeader); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string flipped = original;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
      const auto state = StateFile::open_at(directory_, "state");
      if (state && state->count() == 2) {
        // Whatever is read lies inside the file: the sanitizers see to it.
        static_cast<void>(state->project());
        static_cast<void>(state->record(1));
        static_cast<void>(state->stored_fd(StoredKind::log_pipe, 1, 1));
      }
    }
  }
}

TEST_F(StateFileTest, a_file_of_another_version_is_told_from_a_torn_one) {
  ASSERT_TRUE(create());
  {
    auto state = StateFile::open_at(directory_, "state");
    state->header().version = state_version + 1;
  }
  const auto newer = StateFile::open_at(directory_, "state");
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().message(),
            "read state file: it was written by a newer version of tend (format " +
                std::to_string(state_version + 1) + "; this one reads " +
                std::to_string(state_version) + ")");
}

TEST_F(StateFileTest, a_damaged_record_is_replaced_by_the_one_before_it) {
  auto state = create();
  ASSERT_TRUE(state);
  DirectorRecord record = state->record(0);
  for (const std::uint32_t run : {7U, 8U}) {
    record.state.run = run;
    state->set_record(0, record);
  }
  auto* raw = reinterpret_cast<Record*>(state->bytes().data() + state->header().records_offset);
  auto* last = reinterpret_cast<unsigned char*>(&raw->copies[raw->sequence % 2]);
  for (std::size_t at = 0; at < sizeof(DirectorRecord); ++at) {
    last[at] ^= 0x10U;
    EXPECT_TRUE(state->is_damaged(0)) << "byte " << at;
    EXPECT_EQ(state->record(0).state.run, 7U) << "byte " << at;
    last[at] ^= 0x10U;
  }
  EXPECT_FALSE(state->is_damaged(0));
  EXPECT_EQ(state->record(0).state.run, 8U);
}

TEST_F(StateFileTest, damaged_specs_are_refused_in_words) {
  auto state = create();
  ASSERT_TRUE(state);
  state->bytes()[state->header().specs_offset] ^= std::byte{1};
  const auto project = state->project();
  ASSERT_FALSE(project);
  EXPECT_EQ(project.error().message(),
            "read state file: the part that describes the services is damaged");
}

TEST(marks, two_runs_and_two_projects_have_different_marks) {
  EXPECT_NE(mark_of(1, 1), mark_of(1, 2));
  EXPECT_NE(mark_of(1, 1), mark_of(2, 1));
  EXPECT_EQ(mark_of(0xffff'ffff, 5) >> 32U, mark_of(0x00ff'ffff, 9) >> 32U)
      << "a mark stays below the signed range, whatever the token";
}

}  // namespace

}  // namespace tend::service
