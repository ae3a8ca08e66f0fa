// Thousands of services: a bounded number of open files, and each byte in the right one.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "os/machine.hpp"
#include "recorder_test_keeper.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

std::size_t open_files_of(pid_t pid) {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    files += target.string().contains(".log") ? 1U : 0U;
  }
  return files;
}

TEST(RecorderMany, ten_thousand_services_write_through_256_open_files) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const std::uint64_t limit = os::raise_descriptor_limit();
  // The keeper of this test holds both ends of each pipe.
  const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(10'000, (limit - 500) / 2));
  std::printf("%u services\n", count);
  const TempDir dir;
  std::vector<service::ServiceSpec> services;
  for (std::uint32_t record = 0; record < count; ++record) {
    services.push_back(logged_service("web." + std::to_string(record)));
  }
  {
    TestKeeper keeper(dir.path(), std::move(services));
    std::vector<os::Fd> pipes;
    for (std::uint32_t record = 0; record < count; ++record) {
      pipes.push_back(keeper.open_log(record, record + 1));
      write_whole(pipes.back(), "first of " + std::to_string(record) + "\n");
    }
    keeper.start_recorder();
    ASSERT_TRUE(comes_true([&] {
      return whole_log(keeper.log_dir(), "web." + std::to_string(count - 1)).size() > 5;
    }));
    for (std::uint32_t record = 0; record < count; ++record) {
      write_whole(pipes[record], "second of " + std::to_string(record) + "\n");
    }
    ASSERT_TRUE(comes_true([&] { return open_files_of(keeper.recorder()) > 400; }));
    EXPECT_LE(open_files_of(keeper.recorder()), 514U);
    pipes.clear();
    while (keeper.ended_count() < count) {
      keeper.listen(1'000);
    }
    keeper.say_finish();
    EXPECT_EQ(keeper.wait_for_recorder(), 0);
    for (std::uint32_t record = 0; record < count; ++record) {
      const std::string number = std::to_string(record);
      EXPECT_EQ(read_file(keeper.log_dir() / ("web." + number + ".log")),
                "first of " + number + "\nsecond of " + number + "\n");
    }
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace

}  // namespace tend::test
