// Much of everything: bytes through a child, children one after the other, pipelines.

#include <gtest/gtest.h>
#include <tend/command.hpp>
#include <tend/pipeline.hpp>
#include <tend/wait_any.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tend::test {
namespace {

using namespace std::chrono_literals;

std::string many_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

TEST(Volume, hundred_megabytes_go_in_and_come_out_on_both_streams) {
  const std::string bytes = many_bytes(100'000'000);
  const auto output = Command::shell("tee /dev/stderr").input(bytes).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_TRUE(output->out == bytes);
  EXPECT_TRUE(output->err == bytes);
  EXPECT_TRUE(output->is_complete);
}

TEST(Volume, hundred_megabytes_go_through_a_pipeline_of_three) {
  const std::string bytes = many_bytes(100'000'000);
  const auto output =
      (Command("/bin/cat") | Command("/bin/cat") | Command("/bin/cat")).input(bytes).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_TRUE(output->out == bytes);
}

TEST(Volume, ten_thousand_short_children_leave_nothing) {
  for (int count = 0; count < 10'000; ++count) {
    const auto status = Command("/bin/true").status();
    ASSERT_TRUE(status.has_value()) << status.error().message();
    ASSERT_TRUE(status->success());
  }
}

TEST(Volume, ten_thousand_children_that_are_dropped_leave_nothing) {
  for (int count = 0; count < 10'000; ++count) {
    ASSERT_TRUE(Command("/bin/true").spawn().has_value());
  }
}

TEST(Volume, five_hundred_children_at_once_are_told_each_once) {
  WaitSet set = WaitSet::make().value();
  std::vector<Child> children;
  for (WaitSet::Key key = 0; key < 500; ++key) {
    auto child = Command::shell("exit " + std::to_string(key % 200)).spawn();
    ASSERT_TRUE(child.has_value()) << child.error().message();
    children.push_back(*std::move(child));
    ASSERT_TRUE(set.add(key, children.back()).has_value());
  }
  std::size_t told = 0;
  while (const auto key = set.wait(60s).value()) {
    EXPECT_EQ(children[*key].wait().value(), ExitStatus::exited(static_cast<int>(*key % 200)));
    ++told;
  }
  EXPECT_EQ(told, children.size());
}

}  // namespace
}  // namespace tend::test
