#include "service/control/output_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tend::service {
namespace {

TEST(OutputQueue, gives_lines_back_through_takings_of_any_size) {
  OutputQueue queue(1000);
  queue.add("one");
  queue.add("");
  queue.add("three");
  EXPECT_EQ(queue.size(), 11U);
  std::string taken;
  while (!queue.is_empty()) {
    taken += queue.waiting().front();
    queue.remove_front(1);
  }
  EXPECT_EQ(taken, "one\n\nthree\n");
}

TEST(OutputQueue, more_than_the_limit_is_over_it) {
  OutputQueue queue(4);
  queue.add("123");
  EXPECT_FALSE(queue.is_over_limit());
  queue.add("");
  EXPECT_TRUE(queue.is_over_limit());
  queue.remove_front(1);
  EXPECT_FALSE(queue.is_over_limit());
}

TEST(OutputQueue, a_mark_replaces_all_but_the_rest_of_a_begun_line) {
  OutputQueue queue(100);
  queue.add("first");
  queue.add("second");
  queue.remove_front(2);
  queue.replace("mark");
  EXPECT_EQ(queue.waiting(), "rst\nmark\n");
}

TEST(OutputQueue, a_mark_at_the_start_of_a_line_replaces_all) {
  OutputQueue queue(100);
  queue.add("first");
  queue.add("second");
  queue.replace("mark");
  EXPECT_EQ(queue.waiting(), "mark\n");
  queue.remove_front(5);
  queue.add("third");
  queue.add("fourth");
  queue.remove_front(6);
  queue.replace("mark");
  EXPECT_EQ(queue.waiting(), "mark\n");
}

TEST(OutputQueue, what_was_taken_does_not_stay_in_memory) {
  OutputQueue queue(10'000'000);
  const std::string line(1000, 'x');
  for (int count = 0; count < 10'000; ++count) {
    queue.add(line);
    queue.remove_front(1001);
    ASSERT_TRUE(queue.is_empty());
  }
  queue.add(line);
  queue.remove_front(999'999);
  EXPECT_TRUE(queue.is_empty());
}

}  // namespace
}  // namespace tend::service
