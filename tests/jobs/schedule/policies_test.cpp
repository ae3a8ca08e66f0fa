// What --halt, --retries and --exit mean, and the median of runtimes.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "jobs/schedule/exit_code.hpp"
#include "jobs/schedule/halt_policy.hpp"
#include "jobs/schedule/retry_policy.hpp"
#include "jobs/schedule/runtime_median.hpp"

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;
using When = HaltPolicy::When;
using What = HaltPolicy::What;

TEST(HaltPolicy, is_read_with_and_without_a_condition) {
  EXPECT_EQ(parse_halt("now"), HaltPolicy{.when = When::now});
  EXPECT_EQ(parse_halt("never"), HaltPolicy{});
  EXPECT_EQ(parse_halt("soon,fail=3"), (HaltPolicy{.when = When::soon, .count = 3}));
  EXPECT_EQ(parse_halt("now,success=1"), (HaltPolicy{.when = When::now, .what = What::success}));
  EXPECT_EQ(parse_halt("soon,done=10%"),
            (HaltPolicy{.when = When::soon, .what = What::done, .count = 10, .is_percent = true}));
}

TEST(HaltPolicy, refuses_what_it_does_not_understand) {
  for (const char* text : {"", "later", "now,fail", "now,fail=", "now,fail=0", "now,fail=x",
                           "now,fail=101%", "never,fail=1", "now,fail=1,fail=2", "now,fail=-1"}) {
    EXPECT_FALSE(parse_halt(text)) << text;
  }
}

TEST(HaltPolicy, counts_what_it_names) {
  const JobCounts counts{.succeeded = 2, .failed = 3, .unfinished = 7};
  const auto reached = [&](What what, std::uint64_t count) {
    return is_halt_reached({.when = When::soon, .what = what, .count = count}, counts);
  };
  EXPECT_TRUE(reached(What::fail, 3));
  EXPECT_FALSE(reached(What::fail, 4));
  EXPECT_TRUE(reached(What::success, 2));
  EXPECT_FALSE(reached(What::success, 3));
  EXPECT_TRUE(reached(What::done, 5));
  EXPECT_FALSE(reached(What::done, 6));
  EXPECT_FALSE(is_halt_reached({.when = When::never}, counts));
}

TEST(HaltPolicy, a_percentage_is_of_the_jobs_that_are_done_and_needs_three) {
  for (std::uint64_t percent = 1; percent <= 100; ++percent) {
    for (std::uint64_t failed = 0; failed <= 40; ++failed) {
      for (std::uint64_t succeeded = 0; succeeded <= 250; succeeded += 7) {
        const std::uint64_t done = failed + succeeded;
        const bool expected = done >= 3 && failed > 0 && failed * 100 >= percent * done;
        EXPECT_EQ(is_halt_reached({.when = When::now, .count = percent, .is_percent = true},
                                  {.succeeded = succeeded, .failed = failed}),
                  expected)
            << failed << " of " << done << " at " << percent << "%";
      }
    }
  }
}

TEST(RetryPolicy, pauses_double_from_the_first_to_the_longest) {
  const auto policy = parse_retries("5,backoff=1s..6s");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->attempts_max, 5U);
  const std::vector<std::chrono::nanoseconds> expected{1s, 2s, 4s, 6s, 6s};
  for (unsigned failures = 1; failures <= expected.size(); ++failures) {
    EXPECT_EQ(retry_pause(*policy, failures), expected[failures - 1]);
  }
  EXPECT_EQ(retry_pause(*policy, 4'000'000'000U), 6s);
}

TEST(RetryPolicy, one_backoff_is_the_same_pause_each_time_and_none_is_no_pause) {
  EXPECT_EQ(retry_pause(*parse_retries("3,backoff=250ms"), 2), 250ms);
  EXPECT_EQ(retry_pause(*parse_retries("3"), 1), 0ns);
}

TEST(RetryPolicy, refuses_what_it_does_not_understand) {
  for (const char* text : {"", "0", "x", "-1", "3,backoff", "3,backoff=", "3,backoff=5s..1s",
                           "3,backoff=5", "3,pause=1s"}) {
    EXPECT_FALSE(parse_retries(text)) << text;
  }
}

TEST(RuntimeMedian, needs_three_and_is_exact_to_a_few_percent) {
  RuntimeMedian two;
  two.add(1s);
  two.add(1s);
  EXPECT_FALSE(two.median());
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    std::mt19937 random(seed);
    std::lognormal_distribution<double> microseconds(8.0, 3.0);
    RuntimeMedian median;
    std::vector<double> all;
    for (int count = 0; count < 1001; ++count) {
      all.push_back(std::floor(microseconds(random)));
      median.add(std::chrono::microseconds(static_cast<std::int64_t>(all.back())));
    }
    std::ranges::nth_element(all, all.begin() + 500);
    const double told = std::chrono::duration<double, std::micro>(*median.median()).count();
    EXPECT_NEAR(told, all[500], all[500] * 0.02 + 1) << "seed " << seed;
  }
}

TEST(RuntimeMedian, takes_the_shortest_and_the_longest_durations) {
  RuntimeMedian median;
  for (const auto runtime : {std::chrono::nanoseconds(-5), std::chrono::nanoseconds(0),
                             std::chrono::nanoseconds::max()}) {
    median.add(runtime);
  }
  EXPECT_EQ(median.median(), 0ns);
}

TEST(ExitCode, tells_the_worst_that_happened) {
  const JobCounts failed{.succeeded = 5, .failed = 2};
  EXPECT_EQ(exit_code_of({.counts = {.succeeded = 5}}, ExitRule::any), 0);
  EXPECT_EQ(exit_code_of({.counts = failed}, ExitRule::any), 1);
  EXPECT_EQ(exit_code_of({.counts = failed, .halted = What::fail}, ExitRule::any), 3);
  EXPECT_EQ(exit_code_of({.counts = failed, .halted = What::success}, ExitRule::any), 0);
  EXPECT_EQ(exit_code_of({.counts = failed, .is_reader_gone = true}, ExitRule::any), 141);
  EXPECT_EQ(
      exit_code_of({.counts = failed, .has_broken = true, .is_reader_gone = true}, ExitRule::any),
      125);
  EXPECT_EQ(exit_code_of({.counts = failed, .signal = 2, .has_broken = true}, ExitRule::any), 130);
}

TEST(ExitCode, counts_or_passes_on_where_that_is_asked_for) {
  EXPECT_EQ(exit_code_of({.counts = {.failed = 7}}, ExitRule::count), 7);
  EXPECT_EQ(exit_code_of({.counts = {.failed = 150}}, ExitRule::count), 101);
  EXPECT_EQ(exit_code_of({.counts = {.failed = 150}}, ExitRule::any), 1);
  EXPECT_EQ(exit_code_of({.counts = {.failed = 1}, .halted = What::fail, .first_failed_code = 5},
                         ExitRule::job),
            5);
  EXPECT_EQ(exit_code_of({.counts = {.succeeded = 1}, .first_failed_code = 5}, ExitRule::job), 0);
}

}  // namespace
}  // namespace tend::jobs
