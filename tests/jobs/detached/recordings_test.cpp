#include "jobs/detached/recordings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "jobs/detached/detached_folder.hpp"
#include "jobs/detached/share.hpp"
#include "os/files.hpp"
#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

using testing::HasSubstr;

JobIdentity job_named(std::uint64_t name) { return {.hash = {.high = name, .low = 7}, .copy = 0}; }

RecordedBegin begin_of(std::uint64_t id, std::uint64_t job, unsigned attempt = 1) {
  return {.id = AttemptId{id}, .identity = job_named(job), .attempt = attempt, .slot = 3};
}

RecordedEnd end_of(std::uint64_t id, int code) {
  return {.id = AttemptId{id},
          .has_started = true,
          .start = {.host = "n1", .pid = 12},
          .result = {.status = ExitStatus::exited(code), .runtime = std::chrono::milliseconds(5)},
          .output_bytes = 0,
          .time = std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::seconds(9))};
}

class RecordingsTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::vector<RecordedEvent>& events) {
    const std::string path = folder_ / name;
    std::string bytes;
    for (const RecordedEvent& event : events) {
      append_event(bytes, event);
    }
    auto file = RecordFile::create(path);
    EXPECT_TRUE(file && file->append(bytes));
    return path;
  }

  Recordings recordings_{};

 private:
  test::TempDir folder_{};
};

TEST_F(RecordingsTest, finds_an_attempt_with_all_that_was_recorded) {
  const std::string path = write(
      "1.0.results",
      {begin_of(1, 10), begin_of(2, 20),
       RecordedOutput{.id = AttemptId{1}, .stream = OutputStream::err, .bytes = "oh"}, end_of(2, 0),
       RecordedOutput{.id = AttemptId{1}, .bytes = "so"}, end_of(1, 4), RecordedAll{}});
  ASSERT_TRUE(recordings_.add(path));
  EXPECT_TRUE(recordings_.is_whole(0));
  EXPECT_EQ(recordings_.result_count(), 2U);
  const RecordedAttempt* found = recordings_.find(job_named(10), 1);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->slot, 3U);
  const RecordedEnd end = recordings_.read_end(*found).value();
  EXPECT_EQ(end.result.status, ExitStatus::exited(4));
  EXPECT_EQ(end.start.host, "n1");
  EXPECT_EQ(end.time.time_since_epoch(), std::chrono::seconds(9));
  ASSERT_EQ(found->output_offsets.size(), 2U);
  std::string bytes;
  EXPECT_EQ(recordings_.read_output(*found, 0, bytes).value(), OutputStream::err);
  EXPECT_EQ(recordings_.read_output(*found, 1, bytes).value(), OutputStream::out);
  EXPECT_EQ(bytes, "ohso");
  EXPECT_EQ(recordings_.find(job_named(10), 2), nullptr);
  EXPECT_EQ(recordings_.find(job_named(30), 1), nullptr);
}

TEST_F(RecordingsTest, knows_what_began_and_has_no_end) {
  ASSERT_TRUE(recordings_.add(write(
      "1.0.results", {begin_of(1, 10), RecordedOutput{.id = AttemptId{1}, .bytes = "half"}})));
  EXPECT_FALSE(recordings_.is_whole(0));
  const RecordedAttempt* found = recordings_.find(job_named(10), 1);
  ASSERT_NE(found, nullptr);
  EXPECT_FALSE(found->end_offset);
  EXPECT_TRUE(found->output_offsets.empty());
  EXPECT_EQ(recordings_.result_count(), 0U);
}

TEST_F(RecordingsTest, takes_a_result_for_more_than_a_beginning_and_the_first_of_two) {
  ASSERT_TRUE(recordings_.add(write("1.0.results", {begin_of(1, 10), begin_of(2, 20)})));
  ASSERT_TRUE(recordings_.add(write("1.1.results", {begin_of(1, 10), end_of(1, 5), begin_of(2, 20),
                                                    begin_of(3, 20), end_of(3, 6)})));
  ASSERT_TRUE(recordings_.add(write("1.2.results", {begin_of(1, 10), end_of(1, 9)})));
  const auto code_of = [this](std::uint64_t job) {
    return recordings_.read_end(*recordings_.find(job_named(job), 1)).value().result.status;
  };
  EXPECT_EQ(code_of(10), ExitStatus::exited(5));
  EXPECT_EQ(code_of(20), ExitStatus::exited(6));
}

TEST_F(RecordingsTest, counts_results_that_nobody_was_told_of) {
  ASSERT_TRUE(recordings_.add(
      write("1.0.results", {begin_of(1, 10), end_of(1, 1), begin_of(2, 10, 2), end_of(2, 0),
                            begin_of(3, 20), end_of(3, 0), begin_of(4, 30)})));
  EXPECT_EQ(recordings_.unused_count(), 2U);
  recordings_.find(job_named(10), 1)->is_used = true;
  EXPECT_EQ(recordings_.unused_count(), 2U);
  recordings_.forget(job_named(10));
  EXPECT_EQ(recordings_.unused_count(), 1U);
}

TEST_F(RecordingsTest, an_end_without_a_beginning_is_an_error) {
  const auto added = recordings_.add(write("1.0.results", {end_of(1, 0)}));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message(), HasSubstr("1.0.results"));
}

// --- shares
// ---------------------------------------------------------------------------------------

class SharesTest : public testing::Test {
 protected:
  static std::vector<Job> jobs(std::uint64_t count) {
    std::vector<Job> all;
    for (std::uint64_t number = 1; number <= count; ++number) {
      all.push_back({.sequence = number, .argv = {"echo", std::to_string(number)}});
    }
    return all;
  }

  std::string share(unsigned task) { return folder_ / DetachedFolder::share_name(task); }

  test::TempDir folder_{};
};

TEST_F(SharesTest, have_each_job_once_and_neighbours_apart) {
  ShareWriter writer(folder_.path().string(), 3);
  for (const Job& job : jobs(8)) {
    ASSERT_TRUE(writer.add(job, job_named(job.sequence)));
  }
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(writer.task_count(), 3U);
  ShareJobs second = ShareJobs::open(share(2)).value();
  for (const std::uint64_t wanted : {2U, 5U, 8U}) {
    const NextJob next = second.next().value();
    const Job& job = std::get<Job>(next);
    EXPECT_EQ(job.sequence, wanted);
    EXPECT_EQ(job.argv.back(), std::to_string(wanted));
    EXPECT_EQ(second.identity_of(wanted), job_named(wanted));
  }
  EXPECT_TRUE(std::holds_alternative<NoMoreJobs>(second.next().value()));
  EXPECT_TRUE(std::holds_alternative<NoMoreJobs>(second.next().value()));
}

TEST_F(SharesTest, are_no_more_than_there_are_jobs) {
  ShareWriter writer(folder_.path().string(), 5);
  ASSERT_TRUE(writer.add(jobs(1).front(), job_named(1)));
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(writer.task_count(), 1U);
}

TEST_F(SharesTest, carry_the_input_of_jobs_whatever_is_in_it) {
  const std::string block = std::string(3'000'000, '\n') + std::string("\0\xff", 2);
  ShareWriter writer(folder_.path().string(), 1);
  ASSERT_TRUE(writer.add({.sequence = 1, .argv = {"cat"}, .input = block}, job_named(1)));
  ASSERT_TRUE(writer.add({.sequence = 2, .argv = {"cat"}, .input = ""}, job_named(2)));
  ASSERT_TRUE(writer.finish());
  ShareJobs read = ShareJobs::open(share(1)).value();
  EXPECT_EQ(std::get<Job>(read.next().value()).input, block);
  EXPECT_EQ(std::get<Job>(read.next().value()).input, "");
}

TEST_F(SharesTest, that_end_too_early_are_an_error_and_no_end) {
  ShareWriter writer(folder_.path().string(), 1);
  ASSERT_TRUE(writer.add(jobs(1).front(), job_named(1)));
  ASSERT_TRUE(writer.finish());
  const std::string whole = os::read_file(share(1), 1U << 20U).value();
  ASSERT_TRUE(os::replace_file_at(os::open_directory(folder_.path().string()).value(),
                                  DetachedFolder::share_name(1),
                                  whole.substr(0, whole.size() - 3)));
  ShareJobs read = ShareJobs::open(share(1)).value();
  EXPECT_TRUE(read.next());
  EXPECT_FALSE(read.next());
}

// --- the folder
// -----------------------------------------------------------------------------------

TEST(DetachedFolder, gives_back_its_plan) {
  const test::TempDir place;
  const DetachedFolder folder(place / "log.detached");
  ASSERT_TRUE(folder.create());
  DetachedPlan plan{.name = "tend-1",
                    .command = "echo {}",
                    .jobs = 9,
                    .tasks = 3,
                    .slots = 2,
                    .delay = std::chrono::milliseconds(5),
                    .retries = {.attempts_max = 4, .pause_first = std::chrono::seconds(1)},
                    .timeout = {.median_percent = 300},
                    .settings = {.token = "t", .environment = {"A=b"}, .nice = 3}};
  ASSERT_TRUE(folder.write_plan(plan));
  const DetachedPlan read = folder.read_plan().value();
  EXPECT_EQ(read.name, plan.name);
  EXPECT_EQ(read.command, plan.command);
  EXPECT_EQ(read.jobs, plan.jobs);
  EXPECT_EQ(read.tasks, plan.tasks);
  EXPECT_EQ(read.slots, plan.slots);
  EXPECT_EQ(read.delay, plan.delay);
  EXPECT_EQ(read.retries, plan.retries);
  EXPECT_EQ(read.timeout.median_percent, plan.timeout.median_percent);
  EXPECT_EQ(read.timeout.fixed, std::nullopt);
  EXPECT_EQ(read.settings.environment, plan.settings.environment);
  EXPECT_EQ(read.settings.nice, plan.settings.nice);
}

TEST(DetachedFolder, is_withdrawn_unless_a_task_has_begun) {
  const test::TempDir place;
  const DetachedFolder folder(place / "log.detached");
  ASSERT_TRUE(folder.create());
  ASSERT_TRUE(folder.write_file("script", "true\n"));
  ASSERT_TRUE(folder.write_file(DetachedFolder::recording_name(1, 0), ""));
  EXPECT_FALSE(folder.withdraw().value());
  EXPECT_EQ(folder.recordings_of(1).value().size(), 1U);
  ASSERT_TRUE(os::remove_file(folder.file(DetachedFolder::recording_name(1, 0))));
  EXPECT_TRUE(folder.withdraw().value());
  EXPECT_FALSE(folder.exists());
  EXPECT_TRUE(
      os::list_directory(os::open_directory(place.path().string()).value(), 10).value().empty());
}

}  // namespace
}  // namespace tend::jobs
