#include "jobs/remote/remote_backend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

/// What becomes of the attempts, for the tests to look at.
struct Told final : BackendEvents {
  void started(AttemptId /*id*/, const AttemptStart& start) override {
    hosts.push_back(start.host);
  }
  void output(AttemptId id, OutputStream /*stream*/, std::string_view bytes) override {
    outputs[id] += bytes;
  }
  void ended(AttemptId id, const AttemptResult& result) override { results[id] = result; }
  void has_room() override { ++rooms; }
  void notice(const std::string& words) override { notices.push_back(words); }
  void failed(const Error& error) override { failure = error; }

  std::vector<std::string> hosts{};
  std::map<AttemptId, std::string> outputs{};
  std::map<AttemptId, AttemptResult> results{};
  std::vector<std::string> notices{};
  std::optional<Error> failure{};
  int rooms = 0;
};

/// Workers of tests/jobs/fake_worker.py, which misbehave as asked.
class RemoteBackendTest : public testing::Test {
 protected:
  void SetUp() override {
    // A front end adopts nobody. Tests of the local backend leave this process adopting orphans,
    // and what a launcher leaves behind when it is killed would become ours.
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
  }

  static std::string fake(const std::string& how) {
    return "python3 " TEND_SOURCE_DIR "/tests/jobs/fake_worker.py '" + how + "'";
  }

  void begin(const std::string& launcher, const std::function<void(RemoteOptions&)>& change = {},
             std::unique_ptr<WaitExplainer> explainer = nullptr) {
    RemoteOptions options{.launcher = launcher, .program = "tend"};
    options.launches = {.attempts_max = 2, .pause_first = 1ms, .pause_max = 1ms};
    if (change) {
      change(options);
    }
    backend_ = std::make_unique<RemoteBackend>(loop_, std::move(options), AttemptSettings{}, told_,
                                               std::move(explainer));
  }

  template <typename Claim>
  void wait_until(const Claim& claim) {
    while (!claim()) {
      ASSERT_TRUE(loop_.run_once(1s));
    }
  }

  void wait_for_room(unsigned slots) {
    wait_until([&] { return backend_->capacity() == slots || told_.failure; });
  }

  Taken start(std::uint64_t id, const std::string& argument = "x") {
    return backend_->start({.id = AttemptId{id}, .sequence = id, .argv = {"echo", argument}});
  }

  const AttemptResult& result_of(std::uint64_t id) {
    wait_until([&] { return told_.results.contains(AttemptId{id}); });
    return told_.results.at(AttemptId{id});
  }

  os::EventLoop loop_ = os::EventLoop::make().value();
  Told told_{};
  std::unique_ptr<RemoteBackend> backend_{};
};

TEST_F(RemoteBackendTest, runs_attempts_on_a_worker_that_it_has_launched) {
  begin(fake("well"));
  EXPECT_EQ(backend_->capacity(), 0U);
  EXPECT_EQ(start(1), Taken::later);
  wait_for_room(2);
  EXPECT_EQ(start(1, "a"), Taken::yes);
  EXPECT_EQ(start(2, "b"), Taken::yes);
  EXPECT_EQ(start(3, "c"), Taken::later);
  EXPECT_TRUE(result_of(1).status->success());
  EXPECT_TRUE(result_of(2).status->success());
  EXPECT_EQ(told_.outputs.at(AttemptId{1}), "a");
  EXPECT_EQ(told_.outputs.at(AttemptId{2}), "b");
  EXPECT_THAT(told_.hosts, Each("fake"));
  EXPECT_TRUE(told_.notices.empty());
}

TEST_F(RemoteBackendTest, what_a_login_shell_writes_before_the_greeting_does_no_harm) {
  begin(fake("greets late"));
  wait_for_room(2);
  EXPECT_EQ(start(1), Taken::yes);
  EXPECT_TRUE(result_of(1).status->success());
}

TEST_F(RemoteBackendTest, fills_its_workers_evenly) {
  begin(fake("hangs at a job"), [](RemoteOptions& options) {
    options.workers = 3;
    options.slots = 2;
  });
  wait_for_room(6);
  for (std::uint64_t id = 1; id <= 6; ++id) {
    EXPECT_EQ(start(id), Taken::yes) << id;
  }
  EXPECT_EQ(start(7), Taken::later);
  wait_until([&] { return told_.hosts.size() == 6; });
}

TEST_F(RemoteBackendTest, an_attempt_is_lost_with_its_worker_and_never_done) {
  begin(fake("dies after the output"));
  wait_for_room(2);
  EXPECT_EQ(start(1), Taken::yes);
  const AttemptResult& result = result_of(1);
  EXPECT_EQ(result.end, AttemptEnd::worker_lost);
  EXPECT_EQ(result.status, std::nullopt);
  EXPECT_THAT(result.problem, HasSubstr("worker 1 on fake is lost"));
  // The launcher's own success says nothing about the job.
  EXPECT_THAT(result.problem, HasSubstr("its launcher exited with 0"));
}

TEST_F(RemoteBackendTest, a_lost_worker_is_launched_again) {
  begin(fake("dies when acknowledged"));
  for (std::uint64_t id = 1; id <= 5; ++id) {
    wait_for_room(2);
    ASSERT_EQ(start(id), Taken::yes);
    EXPECT_TRUE(result_of(id).status && result_of(id).status->success());
    wait_until([&] { return told_.notices.size() == id; });
    EXPECT_EQ(backend_->capacity(), 0U);
  }
  EXPECT_EQ(told_.failure, std::nullopt);
}

TEST_F(RemoteBackendTest, a_worker_that_never_gets_anything_done_is_given_up) {
  begin(fake("dies at a job"));
  for (std::uint64_t id = 1; id <= 2; ++id) {
    wait_for_room(2);
    ASSERT_EQ(start(id), Taken::yes);
    EXPECT_EQ(result_of(id).end, AttemptEnd::worker_lost);
    EXPECT_THAT(result_of(id).problem, HasSubstr("cannot go on: the disk is gone"));
  }
  EXPECT_TRUE(told_.failure);
  EXPECT_THAT(told_.notices, Contains("worker 1 is given up: lost 2 times without any result"));
}

TEST_F(RemoteBackendTest, output_that_is_missing_loses_the_worker) {
  begin(fake("loses output"));
  wait_for_room(2);
  EXPECT_EQ(start(1), Taken::yes);
  EXPECT_EQ(result_of(1).end, AttemptEnd::worker_lost);
  EXPECT_THAT(result_of(1).problem, HasSubstr("2 bytes of output were sent, and 1 arrived"));
}

TEST_F(RemoteBackendTest, garbage_between_messages_loses_the_worker) {
  begin(fake("writes garbage"));
  wait_for_room(2);
  EXPECT_EQ(start(1), Taken::yes);
  EXPECT_EQ(result_of(1).end, AttemptEnd::worker_lost);
  EXPECT_THAT(result_of(1).problem, HasSubstr("the stream was altered on its way"));
}

struct Hopeless {
  std::string launcher{};
  std::string why{};
};

TEST_F(RemoteBackendTest, a_launcher_that_is_of_no_use_is_told_in_its_own_words) {
  const Hopeless cases[] = {
      {"echo 'ssh: no route to host' >&2; exit 255; :",
       "the stream ended before a greeting, its launcher exited with 255, and said: ssh: no route "
       "to host"},
      {"echo tend: not found #",
       "the stream ended before a greeting, its launcher exited with 0, and wrote: tend: not "
       "found"},
      {"kill -9 $$; :", "the stream ended before a greeting, its launcher killed by SIGKILL"},
      {"yes", "what was written here is not of a worker of tend"},
      {fake("is another version"), "it speaks version 99 of the protocol, and this one version 1"},
  };
  for (const auto& [launcher, why] : cases) {
    told_ = {};
    begin(launcher);
    wait_until([&] { return told_.failure.has_value(); });
    EXPECT_EQ(told_.failure->step, "launch workers");
    EXPECT_THAT(told_.failure->detail, HasSubstr(why));
    EXPECT_EQ(told_.rooms, 0);
  }
}

TEST_F(RemoteBackendTest, a_launcher_that_hangs_is_ended_in_time) {
  for (const std::string& launcher : {std::string("sleep 1000 #"), fake("says nothing")}) {
    told_ = {};
    begin(launcher, [](RemoteOptions& options) { options.answer_within = 200ms; });
    wait_until([&] { return told_.failure.has_value(); });
    EXPECT_THAT(told_.failure->detail, HasSubstr("it has not answered within 200ms"));
  }
}

TEST_F(RemoteBackendTest, a_worker_that_falls_silent_is_lost) {
  begin(fake("falls silent"), [](RemoteOptions& options) {
    options.look_every = 50ms;
    options.silence_max = 300ms;
  });
  wait_for_room(2);
  const auto is_of_silence = HasSubstr("it has not been heard for 300ms");
  wait_until([&] { return testing::Value(told_.notices, Contains(is_of_silence)); });
}

TEST_F(RemoteBackendTest, a_worker_that_only_has_nothing_to_say_is_not_lost) {
  begin(fake("well"), [](RemoteOptions& options) {
    options.look_every = 50ms;
    options.silence_max = 60s;
  });
  wait_for_room(2);
  const auto began = loop_.now();
  wait_until([&] { return loop_.now() - began > 300ms; });
  EXPECT_THAT(told_.notices, Not(Contains(HasSubstr("heard"))));
}

TEST_F(RemoteBackendTest, held_output_waits_and_so_does_the_end) {
  begin(fake("well"));
  wait_for_room(2);
  EXPECT_EQ(start(1, "first"), Taken::yes);
  backend_->hold_output(AttemptId{1}, true);
  EXPECT_EQ(start(2, "second"), Taken::yes);
  EXPECT_TRUE(result_of(2).status->success());
  EXPECT_FALSE(told_.outputs.contains(AttemptId{1}));
  EXPECT_FALSE(told_.results.contains(AttemptId{1}));
  backend_->hold_output(AttemptId{1}, false);
  EXPECT_FALSE(told_.outputs.contains(AttemptId{1}));  // Not from within the call.
  EXPECT_TRUE(result_of(1).status->success());
  EXPECT_EQ(told_.outputs.at(AttemptId{1}), "first");
}

TEST_F(RemoteBackendTest, a_job_longer_than_a_message_is_not_started) {
  begin(fake("well"));
  wait_for_room(2);
  EXPECT_EQ(start(1, std::string(frame_payload_bytes_max, 'x')), Taken::yes);
  EXPECT_EQ(result_of(1).end, AttemptEnd::not_started);
  EXPECT_EQ(result_of(1).status, ExitStatus::exited(126));
  EXPECT_EQ(start(2), Taken::yes);
  EXPECT_TRUE(result_of(2).status->success());
}

TEST_F(RemoteBackendTest, tells_whom_it_waits_for) {
  struct Explainer final : WaitExplainer {
    void explain(const std::vector<std::string>& complaints,
                 std::function<void(const std::string& words)> on_words) override {
      on_words(complaints.front().starts_with("queued") ? "1 pending (Priority)" : "");
    }
  };
  begin(
      "echo queued >&2; sleep 1000 #",
      [](RemoteOptions& options) {
        options.workers = 2;
        options.look_every = 50ms;
      },
      std::make_unique<Explainer>());
  wait_until([&] { return !told_.notices.empty() && told_.notices.back().contains("2 of 2"); });
  EXPECT_THAT(told_.notices.back(), HasSubstr("2 of 2 workers have not answered yet"));
  wait_until([&] { return told_.notices.back().contains("Priority"); });
  EXPECT_EQ(told_.notices.back(), "2 of 2 workers have not answered yet: 1 pending (Priority)");
}

}  // namespace
}  // namespace tend::jobs
