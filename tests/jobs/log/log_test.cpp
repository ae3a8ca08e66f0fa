// What is logged of jobs, and what a resumed run makes of it.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jobs/log/attempt_text.hpp"
#include "jobs/log/finished_jobs.hpp"
#include "jobs/log/job_identity.hpp"
#include "jobs/log/job_log.hpp"
#include "jobs/log/running_jobs.hpp"
#include "os/files.hpp"
#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

using std::chrono::microseconds;

AttemptRecord example() {
  return {.identity = {.hash = {.high = 1, .low = 0xab}, .copy = 2},
          .sequence = 3,
          .attempt = 2,
          .is_last = false,
          .slot = 4,
          .command = "echo {}",
          .argv = {"echo", "a \"b\"\n"},
          .items = {"a \"b\"\n"},
          .host = "here",
          .start = std::chrono::sys_time<std::chrono::nanoseconds>(
              std::chrono::nanoseconds(1'700'000'000'123'456'789)),
          .runtime = std::chrono::microseconds(1'500'001),
          .end = AttemptEnd::signalled,
          .status = ExitStatus::killed(SIGKILL),
          .input_bytes = 5,
          .output_bytes = 6,
          .error_bytes = 7,
          .usage = {.user_us = 8, .system_us = 9, .max_rss_kib = 10}};
}

AttemptRecord ended(std::uint64_t job, AttemptEnd end, std::optional<ExitStatus> status) {
  AttemptRecord record = example();
  record.identity = {.hash = {.high = job, .low = job}};
  record.is_last = true;
  record.end = end;
  record.status = status;
  return record;
}

Job job_of(std::vector<std::string> argv) { return {.argv = std::move(argv)}; }

TEST(JobIdentity, is_the_arguments_and_the_input_and_nothing_else) {
  IdentityCounter counter;
  Job job{.sequence = 1, .argv = {"echo", "ab", "c"}, .items = {"ab"}};
  const JobIdentity first = counter.identify(job);
  EXPECT_NE(first.hash, counter.identify(job_of({"echo", "a", "bc"})).hash);
  EXPECT_NE(first.hash, counter.identify(job_of({"echo", "ab"})).hash);
  job.sequence = 9;
  job.items = {};
  EXPECT_EQ(first.hash, counter.identify(job).hash);
  job.input = "";
  const JobIdentity with_input = counter.identify(job);
  EXPECT_NE(first.hash, with_input.hash);
  job.input = "x";
  EXPECT_NE(with_input.hash, counter.identify(job).hash);
}

TEST(JobIdentity, counts_equal_jobs) {
  IdentityCounter counter;
  EXPECT_EQ(counter.identify(job_of({"a"})).copy, 0U);
  EXPECT_EQ(counter.identify(job_of({"b"})).copy, 0U);
  EXPECT_EQ(counter.identify(job_of({"a"})).copy, 1U);
}

TEST(JobIdentity, stays_the_same_from_one_version_to_the_next) {
  IdentityCounter counter;
  const Job job = job_of({"echo", "a"});
  EXPECT_EQ(identity_text(counter.identify(job)), "8879afcb5ef9ea8c2beff9ee0b4918c3");
  EXPECT_EQ(identity_text(counter.identify(job)), "8879afcb5ef9ea8c2beff9ee0b4918c3+1");
}

TEST(JobIdentity, is_read_back_as_it_was_written) {
  const JobIdentity identity{.hash = {.high = 0xfedc, .low = 7}, .copy = 12};
  EXPECT_EQ(identity_text(identity), "000000000000fedc0000000000000007+12");
  EXPECT_EQ(parse_identity(identity_text(identity)), identity);
  for (const std::string_view wrong :
       {"", "12", "000000000000fedc000000000000000g", "000000000000fedc0000000000000007+",
        "000000000000fedc0000000000000007-1", "000000000000fedc0000000000000007+4294967296"}) {
    EXPECT_EQ(parse_identity(wrong), std::nullopt) << wrong;
  }
}

TEST(AttemptText, is_one_json_object_on_one_line) {
  EXPECT_EQ(attempt_json(example()),
            R"({"seq":3,"attempt":2,"last":false,"end":"signal","exit":null,"signal":9,)"
            R"("core":false,"problem":"","start":"2023-11-14T22:13:20.123456789Z",)"
            R"("runtime_us":1500001,"host":"here","slot":4,"argv":["echo","a \"b\"\n"],)"
            R"("items":["a \"b\"\n"],"input_bytes":5,"output_bytes":6,"error_bytes":7,)"
            R"("user_us":8,"system_us":9,"max_rss_kib":10,"command":"echo {}",)"
            R"("id":"000000000000000100000000000000ab+2"})");
  EXPECT_EQ(parse_attempt(attempt_json(example())).value(), example());
}

TEST(AttemptText, has_bytes_that_are_no_text_twice) {
  AttemptRecord record = example();
  record.argv = {"cat", "caf\xe9"};
  record.command = "cat \xff{}";
  const std::string line = attempt_json(record);
  EXPECT_NE(line.find(R"("argv":["cat","caf�"],"argv_base64":["Y2F0","Y2Fm6Q=="])"),
            std::string::npos)
      << line;
  EXPECT_NE(line.find(R"("command_base64":"Y2F0IP97fQ==")"), std::string::npos) << line;
  EXPECT_EQ(line.find("items_base64"), std::string::npos) << line;
  EXPECT_EQ(parse_attempt(line).value(), record);
}

TEST(AttemptText, says_what_may_have_run_before) {
  AttemptRecord record = example();
  record.may_have_run = true;
  const std::string line = attempt_json(record);
  EXPECT_NE(line.find(R"("may_have_run":true,)"), std::string::npos) << line;
  EXPECT_EQ(parse_attempt(line).value(), record);
}

TEST(AttemptText, refuses_a_torn_line_wherever_it_is_torn) {
  const std::string line = attempt_json(example());
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(parse_attempt(std::string_view(line).substr(0, length)).has_value()) << length;
  }
}

TEST(AttemptText, refuses_a_line_that_lacks_a_key_or_has_another_kind_of_value) {
  const json::Value whole = json::parse(attempt_json(example())).value();
  const std::set<std::string> without_effect = {"exit", "signal", "core"};
  for (const auto& [key, value] : whole.members()) {
    json::Value other = json::Value::object();
    json::Value wrong = whole;
    wrong.set(key, json::Value::object());
    for (const auto& [kept, kept_value] : whole.members()) {
      if (kept != key) {
        other.set(kept, kept_value);
      }
    }
    EXPECT_FALSE(parse_attempt(json::write(wrong)).has_value() && key != "core") << key;
    EXPECT_TRUE(!parse_attempt(json::write(other)).has_value() || without_effect.contains(key))
        << key;
  }
  EXPECT_EQ(parse_attempt("{}").error().message(),
            "log key \"id\": is missing or is something else");
}

RC_GTEST_PROP(AttemptText, is_read_back_as_it_was_written, ()) {
  AttemptRecord record = example();
  const auto text = rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
  const auto bytes = rc::gen::container<std::string>(rc::gen::nonZero<char>());
  const auto texts = rc::gen::container<std::vector<std::string>>(bytes);
  record.identity.hash.high = *rc::gen::arbitrary<std::uint64_t>();
  record.identity.copy = *rc::gen::arbitrary<std::uint32_t>();
  record.sequence = *rc::gen::arbitrary<std::uint64_t>();
  record.attempt = *rc::gen::arbitrary<unsigned>();
  record.is_last = *rc::gen::arbitrary<bool>();
  record.argv = *texts;
  record.items = *texts;
  record.may_have_run = *rc::gen::arbitrary<bool>();
  record.command = *bytes;
  record.host = *text;
  record.problem = *text;
  record.end = static_cast<AttemptEnd>(*rc::gen::inRange(0, 7));
  record.runtime = microseconds(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000));
  const int number = *rc::gen::inRange(1, 65);
  switch (*rc::gen::inRange(0, 4)) {
    case 0: record.status = std::nullopt; break;
    case 1: record.status = ExitStatus::exited(number - 1); break;
    case 2: record.status = ExitStatus::killed(number); break;
    default: record.status = ExitStatus::killed(number, true); break;
  }
  RC_ASSERT(parse_attempt(attempt_json(record)).value() == record);
}

TEST(AttemptText, is_also_what_users_of_gnu_parallel_know) {
  EXPECT_EQ(joblog_headline(),
            "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand");
  std::string command = "echo 'a \"b\"\n'";
  command[command.size() - 2] = '\0';
  EXPECT_EQ(joblog_line(example()), "3\there\t1700000000.123\t     1.500\t5\t6\t0\t9\t" + command);
  EXPECT_EQ(joblog_line(ended(1, AttemptEnd::exited, ExitStatus::exited(3))).substr(0, 46),
            "3\there\t1700000000.123\t     1.500\t5\t6\t3\t0\techo ");
}

TEST(FinishedJobs, leaves_out_what_ended_and_does_the_rest_again) {
  FinishedJobs finished;
  finished.note(ended(1, AttemptEnd::exited, ExitStatus::exited(0)));
  finished.note(ended(2, AttemptEnd::exited, ExitStatus::exited(1)));
  finished.note(ended(3, AttemptEnd::stopped, ExitStatus::killed(SIGTERM)));
  finished.note(ended(4, AttemptEnd::worker_lost, std::nullopt));
  finished.note(ended(5, AttemptEnd::timed_out, ExitStatus::killed(SIGTERM)));
  finished.note(ended(6, AttemptEnd::not_started, ExitStatus::exited(127)));
  AttemptRecord again = ended(7, AttemptEnd::exited, ExitStatus::exited(1));
  again.is_last = false;
  finished.note(again);
  const auto skipped = [&finished](Resume resume) {
    std::set<std::uint64_t> jobs;
    for (std::uint64_t job = 0; job < 9; ++job) {
      if (finished.skips({.hash = {.high = job, .low = job}}, resume)) {
        jobs.insert(job);
      }
    }
    return jobs;
  };
  EXPECT_EQ(skipped(Resume::unfinished), (std::set<std::uint64_t>{1, 2, 5, 6}));
  EXPECT_EQ(skipped(Resume::failed), (std::set<std::uint64_t>{1}));
  finished.note(ended(2, AttemptEnd::exited, ExitStatus::exited(0)));
  EXPECT_EQ(skipped(Resume::failed), (std::set<std::uint64_t>{1, 2}));
  EXPECT_EQ(finished.size(), 7U);
}

TEST(FinishedJobs, refuses_to_go_on_with_another_command) {
  FinishedJobs finished;
  EXPECT_TRUE(finished.check_command("anything"));
  finished.note(example());
  EXPECT_TRUE(finished.check_command("echo {}"));
  EXPECT_FALSE(finished.check_command("echo \xef\xbf\xbd"));
  EXPECT_EQ(finished.check_command("rm {}").error().message(),
            "resume the log: is of another command: echo {}, not rm {}; with --force the jobs that "
            "have the same arguments as then are left out");
}

TEST(JobLog, grows_by_whole_lines) {
  const test::TempDir folder;
  const std::string path = folder / "log";
  {
    JobLog log = JobLog::open(path, JobLog::Content::kept).value();
    EXPECT_TRUE(log.is_new());
    ASSERT_TRUE(log.append("one"));
    ASSERT_TRUE(log.append("two"));
  }
  JobLog log = JobLog::open(path, JobLog::Content::kept).value();
  EXPECT_FALSE(log.is_new());
  ASSERT_TRUE(log.append("three"));
  EXPECT_EQ(test::read_file(path), "one\ntwo\nthree\n");
}

TEST(JobLog, begins_a_new_line_behind_a_torn_one) {
  const test::TempDir folder;
  const std::string path = folder.write("log", "whole\nto");
  JobLog log = JobLog::open(path, JobLog::Content::kept).value();
  ASSERT_TRUE(log.append("next"));
  ASSERT_TRUE(log.append("last"));
  EXPECT_EQ(test::read_file(path), "whole\nto\nnext\nlast\n");
}

TEST(JobLog, begins_anew_where_it_is_not_resumed) {
  const test::TempDir folder;
  const std::string path = folder.write("log", "old");
  JobLog log = JobLog::open(path, JobLog::Content::replaced).value();
  EXPECT_TRUE(log.is_new());
  ASSERT_TRUE(log.append("new"));
  EXPECT_EQ(test::read_file(path), "new\n");
}

TEST(JobLog, is_written_by_one_run_at_a_time) {
  const test::TempDir folder;
  const std::string path = folder / "log";
  const JobLog log = JobLog::open(path, JobLog::Content::kept).value();
  EXPECT_EQ(JobLog::open(path, JobLog::Content::replaced).error().message(),
            "log " + path + ": another run is writing it; let it end, or take another file");
}

TEST(JobLog, tells_when_the_disk_is_full) {
  JobLog log = JobLog::open("/dev/full", JobLog::Content::kept).value();
  EXPECT_EQ(log.append("x").error().message(), "write /dev/full: No space left on device");
}

TEST(JobLog, is_read_back_without_its_torn_lines) {
  const test::TempDir folder;
  const std::string whole = attempt_json(ended(1, AttemptEnd::exited, ExitStatus::exited(0)));
  const std::string torn = whole.substr(0, 50);
  const std::string path = folder.write(
      "log", whole + "\n" + torn + "\n" +
                 attempt_json(ended(2, AttemptEnd::exited, ExitStatus::exited(1))) + "\n" + torn);
  const LogContent content = read_job_log(path).value();
  EXPECT_EQ(content.torn_lines, 2U);
  EXPECT_EQ(content.finished.size(), 2U);
  EXPECT_TRUE(content.finished.skips({.hash = {.high = 1, .low = 1}}, Resume::failed));
}

TEST(JobLog, that_is_not_there_has_nothing_finished) {
  const test::TempDir folder;
  EXPECT_EQ(read_job_log(folder / "none").value().finished.size(), 0U);
  EXPECT_EQ(read_job_log(folder.write("empty", "")).value().finished.size(), 0U);
}

TEST(JobLog, is_not_any_other_file) {
  const test::TempDir folder;
  const std::string path = folder.write("notes", "hello\n");
  EXPECT_EQ(read_job_log(path).error().message(),
            "log " + path + ": is no log of jobs; is it the right file?");
}

JobIdentity numbered(std::uint64_t number) { return {.hash = {.low = number}}; }

TEST(RunningJobs, of_a_killed_run_are_known_to_the_next) {
  const test::TempDir folder;
  const std::string log = folder / "log";
  {
    RunningJobs jobs = RunningJobs::open(log, RunningJobs::Content::kept).value();
    EXPECT_FALSE(os::status_of(log + ".running").has_value()) << "no job, no file";
    ASSERT_TRUE(jobs.note_start(numbered(1), 1));
    ASSERT_TRUE(jobs.note_start(numbered(5), 5));
    ASSERT_TRUE(jobs.note_start(numbered(2), 2));
    ASSERT_TRUE(jobs.note_start(numbered(3), 1));  // Job 1 has ended: the log knows.
    ASSERT_TRUE(jobs.note_failure(numbered(2)));
  }
  {
    RunningJobs jobs = RunningJobs::open(log, RunningJobs::Content::kept).value();
    EXPECT_FALSE(jobs.was_running(numbered(1)));
    EXPECT_FALSE(jobs.was_running(numbered(2)));
    EXPECT_TRUE(jobs.was_running(numbered(3)));
    EXPECT_TRUE(jobs.was_running(numbered(5)));
    ASSERT_TRUE(jobs.note_start(numbered(5), 1));
    EXPECT_FALSE(jobs.was_running(numbered(5)));
  }  // Killed again, before job 3 came to its turn.
  {
    RunningJobs jobs = RunningJobs::open(log, RunningJobs::Content::kept).value();
    EXPECT_TRUE(jobs.was_running(numbered(3)));
    EXPECT_TRUE(jobs.was_running(numbered(5)));
    ASSERT_TRUE(jobs.note_start(numbered(5), 1));
    ASSERT_TRUE(jobs.finish());  // --halt, say.
  }
  RunningJobs jobs = RunningJobs::open(log, RunningJobs::Content::kept).value();
  EXPECT_TRUE(jobs.was_running(numbered(3)));
  EXPECT_FALSE(jobs.was_running(numbered(5)));
  ASSERT_TRUE(jobs.note_start(numbered(3), 1));
  ASSERT_TRUE(jobs.finish());
  EXPECT_FALSE(os::status_of(log + ".running").has_value());
}

TEST(RunningJobs, are_forgotten_when_the_log_begins_anew) {
  const test::TempDir folder;
  const std::string log = folder / "log";
  ASSERT_TRUE(
      RunningJobs::open(log, RunningJobs::Content::kept).value().note_start(numbered(1), 1));
  const RunningJobs jobs = RunningJobs::open(log, RunningJobs::Content::replaced).value();
  EXPECT_FALSE(jobs.was_running(numbered(1)));
  EXPECT_FALSE(os::status_of(log + ".running").has_value());
}

}  // namespace
}  // namespace tend::jobs
