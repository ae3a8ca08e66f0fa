#include "jobs/remote/worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "os/files.hpp"
#include "os/pipe.hpp"

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

constexpr AttemptId one{1};
constexpr AttemptId two{2};

/// Runs nothing: it remembers what it is told, and the test plays its events.
struct FakeBackend final : Backend {
  explicit FakeBackend(std::vector<std::string>& told) : calls(told) {}

  Taken start(const Attempt& attempt) override {
    calls.push_back((taken == Taken::yes ? "start " : "later ") + attempt.argv.front());
    started = attempt;
    return taken;
  }
  [[nodiscard]] std::optional<unsigned> capacity() const override { return std::nullopt; }
  void stop(AttemptId /*id*/, StopHow how) override {
    calls.emplace_back(how == StopHow::at_once ? "stop at once" : "stop");
  }
  void set_timeout(AttemptId /*id*/, std::optional<std::chrono::nanoseconds> limit) override {
    calls.emplace_back(limit ? "limit" : "no limit");
  }
  void hold_output(AttemptId /*id*/, bool is_held) override {
    calls.emplace_back(is_held ? "hold" : "release");
  }
  void pause() override { calls.emplace_back("pause"); }
  void resume() override { calls.emplace_back("resume"); }

  std::vector<std::string>& calls;
  Attempt started{};
  Taken taken = Taken::yes;
};

/// A worker and its front end on one loop, with two pipes between them.
class RemoteWorker : public testing::Test {
 protected:
  void SetUp() override {
    os::Pipe there = os::make_pipe().value();
    os::Pipe back = os::make_pipe().value();
    ASSERT_TRUE(worker_->begin({.in = std::move(there.read), .out = std::move(back.write)},
                               {.tend_version = "1", .host = "n1", .pid = 7, .cpus = 3}));
    front_ = MessageStream::open(loop_, {.in = std::move(back.read), .out = std::move(there.write)},
                                 {.on_message = [this](const Message& message) { hear(message); },
                                  .on_closed = [this](const auto&) { is_closed_ = true; }})
                 .value();
  }

  void hear(const Message& message) {
    if (const auto* output = std::get_if<AttemptOutput>(&message)) {
      output_ += output->bytes;
    } else if (const auto* ended = std::get_if<AttemptEnded>(&message)) {
      ended_.push_back(*ended);
    } else if (const auto* failed = std::get_if<WorkerFailed>(&message)) {
      problem_ = failed->problem;
    } else if (const auto* hello = std::get_if<Hello>(&message)) {
      hello_ = *hello;
    } else if (std::holds_alternative<Pong>(message)) {
      ++pongs_;
    } else if (std::holds_alternative<AttemptStarted>(message)) {
      ++starts_;
    }
  }

  /// Until nothing happens any more; what is sent "soon" is within 20 ms.
  void settle() {
    while (loop_.run_once(50ms).value() > 0) {
    }
  }

  template <typename... Messages>
  void tell(const Messages&... messages) {
    (static_cast<void>(front_->send(messages)), ...);
    settle();
  }

  [[nodiscard]] static StartAttempt attempt(AttemptId id, const std::string& program) {
    return {.attempt = {.id = id, .argv = {program}}};
  }

  os::EventLoop loop_ = os::EventLoop::make().value();
  std::vector<std::string> calls_{};
  FakeBackend* backend_ = nullptr;
  BackendEvents* events_ = nullptr;
  AttemptSettings settings_{};
  std::optional<Error> backend_error_{};
  std::optional<Worker::Ended> worker_ended_{};
  std::unique_ptr<Worker> worker_ = std::make_unique<Worker>(
      loop_,
      [this](const AttemptSettings& settings,
             BackendEvents& events) -> Result<std::unique_ptr<Backend>> {
        if (backend_error_) {
          return std::unexpected(*backend_error_);
        }
        settings_ = settings;
        events_ = &events;
        auto backend = std::make_unique<FakeBackend>(calls_);
        backend_ = backend.get();
        return backend;
      },
      [this](const Worker::Ended& ended) { worker_ended_ = ended; });
  std::unique_ptr<MessageStream> front_{};
  bool is_closed_ = false;
  std::optional<Hello> hello_{};
  std::string output_{};
  std::vector<AttemptEnded> ended_{};
  std::string problem_{};
  int pongs_ = 0;
  int starts_ = 0;
};

TEST_F(RemoteWorker, says_who_it_is_before_it_is_asked) {
  settle();
  ASSERT_TRUE(hello_);
  EXPECT_EQ(hello_->host, "n1");
  EXPECT_EQ(hello_->cpus, 3U);
}

TEST_F(RemoteWorker, runs_what_it_is_sent_and_sends_back_what_becomes_of_it) {
  tell(RunSettings{.settings = {.token = "t", .directory = "/tmp"}}, attempt(one, "echo"));
  EXPECT_THAT(calls_, ElementsAre("start echo"));
  EXPECT_EQ(settings_.directory, "/tmp");
  EXPECT_EQ(backend_->started.id, one);
  EXPECT_EQ(backend_->started.input, nullptr);
  events_->started(one, {.host = "n1", .pid = 9});
  events_->output(one, OutputStream::out, "hello\n");
  events_->output(one, OutputStream::err, "oops\n");
  events_->ended(one, {.status = ExitStatus::exited(3)});
  settle();
  EXPECT_EQ(starts_, 1);
  EXPECT_EQ(output_, "hello\noops\n");
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].result.status, ExitStatus::exited(3));
  EXPECT_EQ(ended_[0].output_bytes, 11U);
}

TEST_F(RemoteWorker, starts_an_attempt_when_all_of_its_input_has_come) {
  StartAttempt start = attempt(one, "cat");
  start.has_input = true;
  start.input_bytes = 6;
  tell(RunSettings{}, start, AttemptInput{.id = one, .bytes = "abc"});
  EXPECT_THAT(calls_, ElementsAre());
  tell(AttemptInput{.id = one, .bytes = "def"});
  EXPECT_THAT(calls_, ElementsAre("start cat"));
  EXPECT_EQ(*backend_->started.input, "abcdef");
}

TEST_F(RemoteWorker, an_empty_input_is_an_input) {
  StartAttempt start = attempt(one, "cat");
  start.has_input = true;
  tell(RunSettings{}, start);
  ASSERT_NE(backend_->started.input, nullptr);
  EXPECT_TRUE(backend_->started.input->empty());
}

TEST_F(RemoteWorker, holds_the_output_that_the_front_end_does_not_use) {
  tell(RunSettings{}, attempt(one, "yes"), attempt(two, "no"));
  calls_.clear();
  const std::string half(output_window_bytes / 2, 'y');
  events_->output(one, OutputStream::out, half);
  EXPECT_THAT(calls_, ElementsAre());
  events_->output(one, OutputStream::out, half);
  EXPECT_THAT(calls_, ElementsAre("hold"));
  // A little more may have been read before it was held; another attempt has a window of its own.
  events_->output(one, OutputStream::out, "y");
  events_->output(two, OutputStream::out, "n");
  EXPECT_THAT(calls_, ElementsAre("hold"));
  settle();
  EXPECT_EQ(output_.size(), output_window_bytes + 2);
  tell(Credit{.id = one, .bytes = 1});
  EXPECT_THAT(calls_, ElementsAre("hold"));
  tell(Credit{.id = one, .bytes = 1});
  EXPECT_THAT(calls_, ElementsAre("hold", "release"));
}

TEST_F(RemoteWorker, what_has_no_room_starts_when_there_is_some) {
  tell(RunSettings{});
  backend_->taken = Taken::later;
  tell(attempt(one, "a"), attempt(two, "b"));
  EXPECT_THAT(calls_, IsSupersetOf({"later a", "later b"}));
  tell(LimitAttempt{.id = two, .limit = 5s});
  backend_->taken = Taken::yes;
  calls_.clear();
  events_->has_room();
  EXPECT_THAT(calls_, ElementsAre("start a", "start b"));
  EXPECT_EQ(backend_->started.timeout, 5s);
  events_->has_room();
  EXPECT_THAT(calls_, ElementsAre("start a", "start b"));
}

TEST_F(RemoteWorker, what_has_no_room_is_tried_again_though_nobody_tells) {
  tell(RunSettings{});
  backend_->taken = Taken::later;
  tell(attempt(one, "a"));
  backend_->taken = Taken::yes;
  while (calls_.back() != "start a") {
    ASSERT_TRUE(loop_.run_once(1s));
  }
}

TEST_F(RemoteWorker, stopping_what_has_not_begun_needs_no_process) {
  StartAttempt start = attempt(one, "cat");
  start.has_input = true;
  start.input_bytes = 6;
  tell(RunSettings{}, start, StopAttempt{.id = one}, AttemptInput{.id = one, .bytes = "abcdef"});
  EXPECT_THAT(calls_, ElementsAre());
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].result.end, AttemptEnd::stopped);
  EXPECT_EQ(ended_[0].result.status, std::nullopt);
}

TEST_F(RemoteWorker, passes_wishes_on_and_ignores_those_that_come_too_late) {
  tell(RunSettings{}, attempt(one, "a"));
  calls_.clear();
  tell(StopAttempt{.id = one}, StopAttempt{.id = one, .how = StopHow::at_once},
       LimitAttempt{.id = one}, PauseJobs{}, ResumeJobs{}, Ping{});
  EXPECT_THAT(calls_, ElementsAre("stop", "stop at once", "no limit", "pause", "resume"));
  EXPECT_EQ(pongs_, 1);
  events_->ended(one, {});
  calls_.clear();
  tell(StopAttempt{.id = one}, LimitAttempt{.id = one}, Acknowledge{.id = one},
       StopAttempt{.id = one}, Credit{.id = one, .bytes = 5}, AttemptInput{.id = one});
  EXPECT_THAT(calls_, ElementsAre());
  EXPECT_FALSE(worker_ended_);
}

TEST_F(RemoteWorker, knows_what_nobody_took_over_when_the_front_end_goes) {
  tell(RunSettings{}, attempt(one, "a"), attempt(two, "b"));
  events_->ended(one, {});
  events_->ended(two, {});
  tell(Acknowledge{.id = one});
  front_.reset();
  settle();
  ASSERT_TRUE(worker_ended_);
  EXPECT_EQ(worker_ended_->unacknowledged, 1U);
  EXPECT_EQ(worker_ended_->error, std::nullopt);
}

TEST_F(RemoteWorker, tells_that_it_can_run_nothing) {
  backend_error_ = Error{.step = "start keeper", .detail = "no room"};
  tell(RunSettings{});
  EXPECT_THAT(problem_, HasSubstr("no room"));
  EXPECT_TRUE(worker_ended_ && worker_ended_->error);
}

TEST_F(RemoteWorker, that_has_no_process_for_its_guard_waits_until_there_is_one) {
  backend_error_ = Error{.step = "fork", .code = EAGAIN};
  tell(RunSettings{}, attempt(one, "a"), PauseJobs{});
  EXPECT_EQ(worker_ended_.has_value(), false);
  EXPECT_EQ(problem_, "");
  tell(attempt(two, "b"), StopAttempt{.id = two, .how = StopHow::by_ladder});
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_.front().result.end, AttemptEnd::stopped);
  backend_error_.reset();
  while (backend_ == nullptr) {
    ASSERT_TRUE(loop_.run_once(50ms));
  }
  settle();
  EXPECT_THAT(calls_, ElementsAre("pause", "start a"));
}

TEST_F(RemoteWorker, ends_when_the_front_end_breaks_the_protocol) {
  const auto problem_of = [this] {
    return worker_ended_ && worker_ended_->error ? worker_ended_->error->detail : "";
  };
  tell(attempt(one, "a"));
  EXPECT_EQ(problem_of(), "the front end did not begin with its settings");
}

TEST_F(RemoteWorker, ends_when_an_attempt_comes_twice) {
  tell(RunSettings{}, attempt(one, "a"), attempt(one, "a"));
  ASSERT_TRUE(worker_ended_ && worker_ended_->error);
  EXPECT_EQ(worker_ended_->error->detail, "an attempt was sent twice");
}

TEST_F(RemoteWorker, ends_when_the_front_end_speaks_like_a_worker) {
  tell(RunSettings{}, Pong{});
  ASSERT_TRUE(worker_ended_ && worker_ended_->error);
  EXPECT_EQ(worker_ended_->error->detail, "the front end sent what only a worker sends");
}

TEST_F(RemoteWorker, a_great_deal_of_output_passes_a_small_pipe_in_order) {
  tell(RunSettings{}, attempt(one, "seq"));
  std::string sent;
  for (int line = 0; line < 20'000; ++line) {
    const std::string text = std::to_string(line) + "\n";
    sent += text;
    events_->output(one, OutputStream::out, text);
  }
  settle();
  EXPECT_EQ(output_, sent);
}

}  // namespace
}  // namespace tend::jobs
