// The words of the summary and of the progress line.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "jobs/front/failure_summary.hpp"
#include "jobs/front/progress_line.hpp"

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;

TEST(FailureSummary, says_nothing_when_all_went_well) {
  EXPECT_EQ(FailureSummary().text({.succeeded = 3}, std::nullopt), "");
}

TEST(FailureSummary, tells_who_failed_and_the_last_words) {
  FailureSummary summary;
  summary.add({.sequence = 2,
               .command = "./x 'a b'",
               .reason = "exited with 3",
               .last_words = "one\n\x1b[1mtwo",
               .attempts = 3});
  EXPECT_EQ(summary.text({.succeeded = 4, .failed = 1, .unfinished = 2}, "stopped by --halt"),
            "tend: 1 of 7 jobs failed, 2 unfinished; stopped by --halt\n"
            "  job 2: ./x 'a b': exited with 3 (attempt 3)\n"
            "      one\n"
            "      \\x1b[1mtwo\n");
}

TEST(FailureSummary, tells_which_jobs_may_have_run_twice) {
  FailureSummary summary;
  summary.note_repeated(7);
  summary.note_repeated(7);
  EXPECT_EQ(
      summary.text({.succeeded = 9}, std::nullopt),
      "tend: 1 job may have run twice, because a worker was lost or an earlier run was killed "
      "while it ran: 7\n");
  for (std::uint64_t sequence = 8; sequence < 19; ++sequence) {
    summary.note_repeated(sequence);
  }
  EXPECT_EQ(summary.text({.succeeded = 9}, std::nullopt),
            "tend: 12 jobs may have run twice, because a worker was lost or an earlier run was "
            "killed while they ran: 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 and 2 more\n");
}

TEST(FailureSummary, tells_the_first_ten_by_number_and_how_many_more) {
  FailureSummary summary;
  for (std::uint64_t sequence = 25; sequence >= 1; --sequence) {
    summary.add(
        {.sequence = sequence, .command = std::string(500, 'x'), .reason = "exited with 1"});
  }
  const std::string text = summary.text({.failed = 25}, std::nullopt);
  EXPECT_NE(text.find("job 10: "), std::string::npos);
  EXPECT_EQ(text.find("job 11: "), std::string::npos);
  EXPECT_NE(text.find("  and 15 more\n"), std::string::npos);
  EXPECT_EQ(text.find(std::string(201, 'x')), std::string::npos) << "long commands are cut";
}

TEST(ProgressLine, counts_and_guesses_the_time_that_is_left) {
  const ProgressState state{
      .counts = {.succeeded = 4, .failed = 1}, .running = 2, .total = 20, .elapsed = 10s};
  EXPECT_EQ(progress_words(state), "5 of 20 done, 1 failed, 2 running, 30.0s left");
  EXPECT_EQ(progress_bar(state, 0),
            "[#####---------------]  25% 5 of 20 done, 1 failed, 2 running, 30.0s left");
  EXPECT_EQ(progress_bar(state, 30).size(), 29U);
  EXPECT_EQ(progress_words({.running = 1}), "0 done, 1 running");
}

}  // namespace
}  // namespace tend::jobs
