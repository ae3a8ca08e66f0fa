// LinePrefix and OutputOrder.

#include "jobs/output/line_prefix.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/output/output_order.hpp"

namespace tend::jobs {
namespace {

std::string in_pieces(std::string_view text, const std::string& prefix, std::mt19937& random) {
  LinePrefix lines(prefix);
  std::string result;
  while (!text.empty()) {
    const std::size_t length = 1 + random() % text.size();
    lines.append(text.substr(0, length), result);
    text.remove_prefix(length);
  }
  return result.append(lines.ending());
}

TEST(LinePrefix, is_in_front_of_each_line_however_the_stream_is_cut) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    EXPECT_EQ(in_pieces("one\n\ntwo\nend", "x\t", random), "x\tone\nx\t\nx\ttwo\nx\tend\n");
    EXPECT_EQ(in_pieces("one\ntwo\n", "x\t", random), "x\tone\nx\ttwo\n");
    EXPECT_EQ(in_pieces("one\ntwo", "", random), "one\ntwo\n");
  }
  EXPECT_EQ(in_pieces("", "x", random), "");
}

TEST(OutputOrder, keeps_the_order_of_the_input_and_stalls_behind_nobody_who_is_over) {
  OutputOrder order(OutputMode::ordered);
  for (const OutputOrder::Sequence sequence : {1U, 2U, 3U, 7U}) {
    order.begin(sequence);
  }
  EXPECT_TRUE(order.is_live(1));
  EXPECT_FALSE(order.is_live(2));
  EXPECT_TRUE(order.finish(3).empty());
  EXPECT_TRUE(order.finish(2).empty());
  EXPECT_EQ(order.finish(1), (std::vector<OutputOrder::Sequence>{1, 2, 3}));
  EXPECT_EQ(order.front(), 7U);
  EXPECT_TRUE(order.is_live(7));
  EXPECT_EQ(order.finish(7), (std::vector<OutputOrder::Sequence>{7}));
  EXPECT_FALSE(order.front());
}

TEST(OutputOrder, grouped_shows_whole_jobs_as_they_end_and_live_shows_all_as_they_come) {
  OutputOrder grouped(OutputMode::grouped);
  OutputOrder live(OutputMode::live);
  for (const OutputOrder::Sequence sequence : {1U, 2U}) {
    grouped.begin(sequence);
    live.begin(sequence);
    EXPECT_FALSE(grouped.is_live(sequence));
    EXPECT_TRUE(live.is_live(sequence));
  }
  EXPECT_EQ(grouped.finish(2), (std::vector<OutputOrder::Sequence>{2}));
  EXPECT_EQ(live.finish(2), (std::vector<OutputOrder::Sequence>{2}));
}

}  // namespace
}  // namespace tend::jobs
