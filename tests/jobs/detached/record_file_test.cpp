#include "jobs/detached/record_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "os/files.hpp"
#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

class RecordFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_ / "records"; }

  /// Three records, the second of which is as long as several reads.
  void write_three() {
    auto file = RecordFile::create(path());
    ASSERT_TRUE(file) << file.error().message();
    std::string bytes;
    append_record(bytes, 1, "first");
    append_record(bytes, 2, std::string(200'000, 'x'));
    append_record(bytes, 3, "");
    ASSERT_TRUE(file->append(bytes));
    ASSERT_TRUE(file->sync());
  }

  [[nodiscard]] std::string content() const { return os::read_file(path(), 1U << 20U).value(); }

  void replace(const std::string& bytes) {
    ASSERT_TRUE(
        os::replace_file_at(os::open_directory(folder_.path().string()).value(), "records", bytes));
  }

  /// The kinds of all records that can be read, and whether something is left.
  [[nodiscard]] std::pair<std::vector<int>, bool> kinds() const {
    RecordReader reader = RecordReader::open(path()).value();
    std::vector<int> all;
    while (const auto record = reader.next().value()) {
      all.push_back(record->kind);
    }
    return {all, reader.is_torn()};
  }

 private:
  test::TempDir folder_{};
};

TEST_F(RecordFileTest, gives_back_what_was_appended) {
  write_three();
  RecordReader reader = RecordReader::open(path()).value();
  EXPECT_EQ(reader.next().value()->payload, "first");
  EXPECT_EQ(reader.next().value()->payload, std::string(200'000, 'x'));
  EXPECT_EQ(reader.next().value()->payload, "");
  EXPECT_FALSE(reader.next().value());
  EXPECT_FALSE(reader.is_torn());
}

TEST_F(RecordFileTest, finds_a_record_again_by_its_place) {
  write_three();
  RecordReader reader = RecordReader::open(path()).value();
  std::vector<std::uint64_t> places;
  while (const auto record = reader.next().value()) {
    places.push_back(record->offset);
  }
  EXPECT_EQ(reader.read_record(places.at(1)).value().payload, std::string(200'000, 'x'));
  EXPECT_EQ(reader.read_record(places.at(0)).value().payload, "first");
  EXPECT_EQ(reader.read_record(places.at(2)).value().kind, 3);
  EXPECT_FALSE(reader.read_record(places.at(1) + 1));
}

TEST_F(RecordFileTest, is_never_written_twice) {
  write_three();
  const auto again = RecordFile::create(path());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, EEXIST);
}

TEST_F(RecordFileTest, is_known_to_be_written_while_it_is) {
  {
    const auto file = RecordFile::create(path());
    ASSERT_TRUE(file);
    EXPECT_TRUE(is_being_written(path()).value());
  }
  EXPECT_FALSE(is_being_written(path()).value());
}

TEST_F(RecordFileTest, cut_anywhere_it_has_the_records_before_the_cut) {
  write_three();
  const std::string whole = content();
  for (std::size_t size = 0; size < whole.size(); size += size < 100 ? 1 : 9'973) {
    replace(whole.substr(0, size));
    const auto [seen, is_torn] = kinds();
    const std::vector<int> all = {1, 2, 3};
    ASSERT_LE(seen.size(), 3U);
    EXPECT_EQ(seen, std::vector<int>(all.begin(), all.begin() + static_cast<long>(seen.size())));
    EXPECT_LT(seen.size(), 3U) << size;
  }
}

TEST_F(RecordFileTest, with_a_byte_changed_it_has_the_records_before_that) {
  write_three();
  std::string bytes = content();
  bytes[bytes.size() / 2] = 'y';
  replace(bytes);
  EXPECT_EQ(kinds(), std::pair(std::vector<int>{1}, true));
}

TEST_F(RecordFileTest, with_zeros_where_a_disk_lost_blocks_it_has_the_records_before_them) {
  write_three();
  std::string bytes = content();
  bytes.replace(5'000, 4'096, 4'096, '\0');
  replace(bytes);
  EXPECT_EQ(kinds(), std::pair(std::vector<int>{1}, true));
}

TEST_F(RecordFileTest, of_another_tend_is_an_error) {
  replace(greeting(99));
  RecordReader reader = RecordReader::open(path()).value();
  const auto record = reader.next();
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), testing::HasSubstr("another tend"));
}

}  // namespace
}  // namespace tend::jobs
