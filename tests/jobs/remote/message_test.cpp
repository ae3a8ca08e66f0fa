#include "jobs/remote/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// The message as bytes and back; `bytes` holds what views in it point to.
Message there_and_back(const Message& message, std::string& bytes) {
  FrameReader reader;
  bytes = greeting();
  EXPECT_TRUE(append_message(bytes, message));
  reader.feed(bytes);
  const auto frame = reader.next().value().value();
  bytes.assign(frame.payload);
  return decode_message({.kind = frame.kind, .payload = bytes}).value();
}

template <typename T>
T again(const T& message, std::string& bytes) {
  return std::get<T>(there_and_back(message, bytes));
}

template <typename T>
T again(const T& message) {
  std::string bytes;
  return again(message, bytes);
}

AttemptEnded ended_with(std::optional<ExitStatus> status) {
  return {.id = AttemptId{1}, .result = {.status = status}};
}

TEST(RemoteMessage, a_hello_says_who_it_is) {
  const Hello hello{.tend_version = "1.2.3", .host = "n1", .pid = 4711, .cpus = 64};
  EXPECT_EQ(again(hello), hello);
}

TEST(RemoteMessage, a_result_keeps_everything) {
  const AttemptEnded ended{.id = AttemptId{1ULL << 60U},
                           .result = {.end = AttemptEnd::timed_out,
                                      .status = ExitStatus::killed(SIGTERM),
                                      .problem = "took longer than 1s",
                                      .runtime = 1'000'000'123ns,
                                      .usage = {.user_us = 1, .system_us = 2, .max_rss_kib = 3}},
                           .output_bytes = 1ULL << 40U};
  const AttemptEnded read = again(ended);
  EXPECT_EQ(read.id, ended.id);
  EXPECT_EQ(read.result.end, ended.result.end);
  EXPECT_EQ(read.result.status, ended.result.status);
  EXPECT_EQ(read.result.problem, ended.result.problem);
  EXPECT_EQ(read.result.runtime, ended.result.runtime);
  EXPECT_EQ(read.result.usage, ended.result.usage);
  EXPECT_EQ(read.output_bytes, ended.output_bytes);
}

TEST(RemoteMessage, every_way_to_end_arrives_as_it_was) {
  EXPECT_EQ(again(ended_with(std::nullopt)).result.status, std::nullopt);
  for (int code = 0; code <= 255; ++code) {
    EXPECT_EQ(again(ended_with(ExitStatus::exited(code))).result.status, ExitStatus::exited(code));
  }
  for (int signal = 1; signal <= 64; ++signal) {
    for (const bool core : {false, true}) {
      const auto status = ExitStatus::killed(signal, core);
      EXPECT_EQ(again(ended_with(status)).result.status, status);
    }
  }
  for (auto end = AttemptEnd::exited; end <= AttemptEnd::worker_lost;
       end = static_cast<AttemptEnd>(std::to_underlying(end) + 1)) {
    EXPECT_EQ(again(AttemptEnded{.result = {.end = end}}).result.end, end);
  }
}

TEST(RemoteMessage, settings_arrive_as_they_were) {
  const RunSettings setup{.settings = {.token = "run-1",
                                       .directory = "/tmp/a b",
                                       .environment = {"A=1", "B=caf\xc3\xa9", "C=\xff"},
                                       .nice = -3,
                                       .memory_bytes_max = 1ULL << 33U,
                                       .grace = 1500ms}};
  const AttemptSettings read = again(setup).settings;
  EXPECT_EQ(read.token, setup.settings.token);
  EXPECT_EQ(read.directory, setup.settings.directory);
  EXPECT_EQ(read.environment, setup.settings.environment);
  EXPECT_EQ(read.nice, setup.settings.nice);
  EXPECT_EQ(read.memory_bytes_max, setup.settings.memory_bytes_max);
  EXPECT_EQ(read.grace, setup.settings.grace);

  const AttemptSettings plain_ones = again(RunSettings{}).settings;
  EXPECT_EQ(plain_ones.nice, std::nullopt);
  EXPECT_EQ(plain_ones.memory_bytes_max, std::nullopt);
}

RC_GTEST_PROP(RemoteMessage, any_attempt_arrives_as_it_was, ()) {
  StartAttempt start;
  start.attempt.id = AttemptId{*rc::gen::arbitrary<std::uint64_t>()};
  start.attempt.sequence = *rc::gen::arbitrary<std::uint64_t>();
  start.attempt.attempt = *rc::gen::arbitrary<unsigned>();
  start.attempt.slot = *rc::gen::arbitrary<unsigned>();
  start.attempt.argv = *rc::gen::arbitrary<std::vector<std::string>>();
  if (*rc::gen::arbitrary<bool>()) {
    start.attempt.timeout = std::chrono::nanoseconds(*rc::gen::arbitrary<std::int64_t>());
  }
  start.has_input = *rc::gen::arbitrary<bool>();
  start.input_bytes = *rc::gen::arbitrary<std::uint64_t>();
  const StartAttempt read = again(start);
  RC_ASSERT(read.attempt.id == start.attempt.id);
  RC_ASSERT(read.attempt.sequence == start.attempt.sequence);
  RC_ASSERT(read.attempt.attempt == start.attempt.attempt);
  RC_ASSERT(read.attempt.slot == start.attempt.slot);
  RC_ASSERT(read.attempt.argv == start.attempt.argv);
  RC_ASSERT(read.attempt.timeout == start.attempt.timeout);
  RC_ASSERT(read.has_input == start.has_input);
  RC_ASSERT(read.input_bytes == start.input_bytes);
}

RC_GTEST_PROP(RemoteMessage, any_bytes_of_output_and_input_arrive_as_they_were, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>();
  std::string buffer;
  const AttemptOutput output{.id = AttemptId{5}, .stream = OutputStream::err, .bytes = bytes};
  const AttemptOutput read = again(output, buffer);
  RC_ASSERT(read.id == output.id);
  RC_ASSERT(read.stream == output.stream);
  RC_ASSERT(read.bytes == bytes);
  RC_ASSERT(again(AttemptInput{.id = AttemptId{6}, .bytes = bytes}, buffer).bytes == bytes);
}

TEST(RemoteMessage, the_small_ones_arrive_too) {
  const AttemptStarted started{
      .id = AttemptId{1},
      .start = {
          .time = std::chrono::sys_time<std::chrono::nanoseconds>(-5ns), .host = "n1", .pid = 99}};
  EXPECT_EQ(again(started).start.time, started.start.time);
  EXPECT_EQ(again(started).start.host, "n1");
  EXPECT_EQ(again(started).start.pid, 99);
  EXPECT_EQ(again(WorkerFailed{.problem = "no room"}).problem, "no room");
  EXPECT_EQ(again(StopAttempt{.id = AttemptId{2}, .how = StopHow::at_once}).how, StopHow::at_once);
  EXPECT_EQ(again(LimitAttempt{.id = AttemptId{3}, .limit = 5ms}).limit, 5ms);
  EXPECT_EQ(again(LimitAttempt{.id = AttemptId{3}}).limit, std::nullopt);
  EXPECT_EQ(again(Credit{.id = AttemptId{4}, .bytes = 1U << 20U}).bytes, 1U << 20U);
  EXPECT_EQ(again(Acknowledge{.id = AttemptId{7}}).id, AttemptId{7});
  static_cast<void>(again(PauseJobs{}));
  static_cast<void>(again(ResumeJobs{}));
  static_cast<void>(again(Ping{}));
  static_cast<void>(again(Pong{}));
}

TEST(RemoteMessage, a_kind_that_nobody_knows_is_refused) {
  for (std::size_t kind = std::variant_size_v<Message>; kind < 256; ++kind) {
    const auto message = decode_message({.kind = static_cast<std::uint8_t>(kind), .payload = ""});
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().step, "read message");
  }
}

TEST(RemoteMessage, what_is_cut_short_or_goes_on_is_refused) {
  const Message messages[] = {
      Hello{.tend_version = "1", .host = "n1"},
      AttemptStarted{},
      ended_with(ExitStatus::exited(3)),
      RunSettings{.settings = {.environment = {"A=1"}, .nice = 3, .memory_bytes_max = 5}},
      StartAttempt{.attempt = {.argv = {"true"}, .timeout = 3ms}},
      StopAttempt{},
      LimitAttempt{.limit = 1ms},
      Credit{},
      Acknowledge{},
  };
  for (const Message& message : messages) {
    std::string bytes;
    ASSERT_TRUE(append_message(bytes, message));
    const auto kind = static_cast<std::uint8_t>(message.index());
    const std::string payload = bytes.substr(5, bytes.size() - 6);
    ASSERT_TRUE(decode_message({.kind = kind, .payload = payload}));
    for (std::size_t size = 0; size < payload.size(); ++size) {
      EXPECT_FALSE(decode_message({.kind = kind, .payload = payload.substr(0, size)})) << size;
    }
    EXPECT_FALSE(decode_message({.kind = kind, .payload = payload + "x"}));
  }
}

TEST(RemoteMessage, a_value_beyond_its_choices_is_refused) {
  std::string bytes;
  ASSERT_TRUE(append_message(bytes, StopAttempt{}));
  std::string payload = bytes.substr(5, bytes.size() - 6);
  payload.back() = '\2';
  const auto message =
      decode_message({.kind = static_cast<std::uint8_t>(bytes.front()), .payload = payload});
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().detail, "is a choice that this version does not know");
}

TEST(RemoteMessage, what_is_longer_than_a_frame_is_refused_before_it_is_sent) {
  const StartAttempt start{.attempt = {.argv = {std::string(frame_payload_bytes_max, 'a')}}};
  std::string bytes;
  const auto result = append_message(bytes, start);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().step, "send to worker");
  EXPECT_TRUE(bytes.empty());
}

}  // namespace
}  // namespace tend::jobs
