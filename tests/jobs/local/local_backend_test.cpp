// LocalBackend: what becomes of real processes, told in order.

#include "jobs/local/local_backend.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/event_loop.hpp"
#include "os/procfs.hpp"

namespace tend::jobs {
namespace {

using namespace std::chrono_literals;

/// Collects what is told, and checks that it is told in order.
class Events final : public BackendEvents {
 public:
  void started(AttemptId id, const AttemptStart& start) override {
    EXPECT_EQ(id, AttemptId{1});
    EXPECT_GT(start.pid, 0);
    EXPECT_FALSE(start.host.empty());
    EXPECT_FALSE(is_started || result);
    is_started = true;
  }
  void output(AttemptId /*id*/, OutputStream stream, std::string_view bytes) override {
    EXPECT_TRUE(is_started && !result);
    (stream == OutputStream::out ? out : err).append(bytes);
  }
  void ended(AttemptId id, const AttemptResult& told) override {
    EXPECT_EQ(id, AttemptId{1});
    EXPECT_FALSE(result);
    result = told;
  }
  void has_room() override {}
  void notice(const std::string& /*words*/) override {}
  void failed(const Error& error) override { ADD_FAILURE() << error.message(); }

  bool is_started = false;
  std::string out{};
  std::string err{};
  std::optional<AttemptResult> result{};
};

/// One attempt on a backend of its own.
class Bench {
 public:
  explicit Bench(AttemptSettings settings = {}) : loop_(*os::EventLoop::make()) {
    settings.token = "0123456789abcdef";
    auto made = LocalBackend::make(loop_, events, {.settings = std::move(settings)});
    EXPECT_TRUE(made) << made.error().message();
    backend = *std::move(made);
  }

  void start(std::vector<std::string> argv,
             std::optional<std::chrono::nanoseconds> timeout = std::nullopt,
             std::shared_ptr<const std::string> input = {}) {
    EXPECT_EQ(backend->start({.id = AttemptId{1},
                              .sequence = 7,
                              .attempt = 2,
                              .slot = 3,
                              .argv = std::move(argv),
                              .input = std::move(input),
                              .timeout = timeout}),
              Taken::yes);
  }
  void start_shell(const std::string& script,
                   std::optional<std::chrono::nanoseconds> timeout = std::nullopt) {
    start({"/bin/sh", "-c", script}, timeout);
  }

  /// Until it is so; the watchdog of the tests is the limit.
  void turn_until(const std::function<bool()>& is_so) {
    while (!is_so()) {
      ASSERT_TRUE(loop_.run_once(10ms));
    }
  }
  const AttemptResult& to_end() {
    turn_until([this] { return events.result.has_value(); });
    return *events.result;
  }
  void turn_for(std::chrono::milliseconds time) {
    bool is_over = false;
    loop_.add_timer(std::chrono::nanoseconds(time), [&] { is_over = true; });
    turn_until([&] { return is_over; });
  }

 private:
  os::EventLoop loop_;

 public:
  Events events{};
  std::unique_ptr<LocalBackend> backend{};
};

std::int32_t pid_in(const std::string& text) {
  std::int32_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  return pid;
}

bool is_living(std::int32_t pid) {
  const auto stat = os::read_proc_stat(pid);
  return stat && !stat->is_zombie();
}

TEST(LocalBackend, tells_what_a_job_writes_and_how_it_ends) {
  Bench bench;
  bench.start_shell("echo out; echo err >&2; exit 3");
  const AttemptResult& result = bench.to_end();
  EXPECT_EQ(result.end, AttemptEnd::exited);
  EXPECT_EQ(result.status, ExitStatus::exited(3));
  EXPECT_EQ(bench.events.out, "out\n");
  EXPECT_EQ(bench.events.err, "err\n");
  EXPECT_GT(result.runtime, 0ns);
}

TEST(LocalBackend, a_job_knows_who_it_is_and_reads_nothing) {
  Bench bench({.environment = {"A=b"}});
  bench.start_shell("cat; echo $TEND_RUN $TEND_SEQ $TEND_ATTEMPT $TEND_SLOT $A");
  bench.to_end();
  EXPECT_EQ(bench.events.out, "0123456789abcdef 7 2 3 b\n");
}

TEST(LocalBackend, a_signal_that_we_did_not_send_is_told_as_such) {
  Bench bench;
  bench.start_shell("kill -9 $$");
  EXPECT_EQ(bench.to_end().end, AttemptEnd::signalled);
  EXPECT_EQ(bench.to_end().status, ExitStatus::killed(9));
}

TEST(LocalBackend, what_cannot_be_executed_has_the_codes_of_a_shell) {
  Bench missing;
  missing.start({"/nowhere/at/all"});
  EXPECT_EQ(missing.to_end().end, AttemptEnd::not_started);
  EXPECT_EQ(missing.to_end().status, ExitStatus::exited(127));
  EXPECT_FALSE(missing.events.is_started);
  Bench folder;
  folder.start({"/tmp"});
  EXPECT_EQ(folder.to_end().status, ExitStatus::exited(126));
}

TEST(LocalBackend, a_timeout_ends_the_tree_with_what_detached_itself) {
  Bench bench({.grace = 10s});
  bench.start_shell("setsid sleep 1000 & echo $!; wait", 200ms);
  EXPECT_EQ(bench.to_end().end, AttemptEnd::timed_out);
  EXPECT_FALSE(is_living(pid_in(bench.events.out)));
}

TEST(LocalBackend, an_orphan_that_detached_itself_is_found_by_its_environment) {
  Bench bench;
  // The parent of the sleeper ends at once; nothing but the environment tells whose it is.
  bench.start_shell("setsid sh -c 'sleep 1000 & echo $!' ; sleep 1000");
  bench.turn_until([&] { return !bench.events.out.empty(); });
  EXPECT_TRUE(is_living(pid_in(bench.events.out)));
  bench.backend->stop(AttemptId{1}, StopHow::by_ladder);
  EXPECT_EQ(bench.to_end().end, AttemptEnd::stopped);
  EXPECT_FALSE(is_living(pid_in(bench.events.out)));
}

TEST(LocalBackend, the_ladder_can_be_cut_short) {
  Bench bench({.grace = 1000s});
  bench.start_shell("trap 'echo no' TERM; echo yes; while :; do sleep 1000 & wait; done");
  bench.turn_until([&] { return bench.events.out == "yes\n"; });
  bench.backend->stop(AttemptId{1}, StopHow::by_ladder);
  bench.turn_until([&] { return bench.events.out == "yes\nno\n"; });
  bench.backend->stop(AttemptId{1}, StopHow::at_once);
  EXPECT_EQ(bench.to_end().end, AttemptEnd::stopped);
}

TEST(LocalBackend, a_process_left_behind_with_the_pipe_does_not_hold_up_the_end) {
  Bench bench;
  bench.start_shell("sleep 1000 & echo $!");
  EXPECT_EQ(bench.to_end().status, ExitStatus::exited(0));
  const std::int32_t left = pid_in(bench.events.out);
  EXPECT_TRUE(is_living(left)) << "it is the job's own business";
  Bench killer;
  killer.start({"kill", "-9", std::to_string(left)});
  killer.to_end();
  killer.turn_until([&] { return !is_living(left); });
}

TEST(LocalBackend, held_output_stays_in_the_pipe_and_keeps_the_end_back) {
  Bench bench;
  bench.start_shell("echo held");
  bench.backend->hold_output(AttemptId{1}, true);
  bench.turn_for(150ms);
  EXPECT_EQ(bench.events.out, "");
  EXPECT_FALSE(bench.events.result);
  bench.backend->hold_output(AttemptId{1}, false);
  bench.to_end();
  EXPECT_EQ(bench.events.out, "held\n");
}

TEST(LocalBackend, feeds_its_input_and_does_not_mind_a_job_that_leaves_it) {
  const auto input = std::make_shared<const std::string>(300'000, 'x');
  Bench reader;
  reader.start({"wc", "-c"}, std::nullopt, input);
  reader.to_end();
  EXPECT_EQ(reader.events.out, "300000\n");
  Bench leaver;
  leaver.start({"true"}, std::nullopt, input);
  EXPECT_EQ(leaver.to_end().status, ExitStatus::exited(0));
}

TEST(LocalBackend, clocks_stand_still_while_jobs_are_paused) {
  Bench bench;
  // One process: a shell in vfork(2) would not be seen to stop before its child has.
  bench.start_shell("echo $$; exec sleep 0.05", 2s);
  bench.turn_until([&] { return !bench.events.out.empty(); });
  bench.backend->pause();
  bench.turn_until([&] {
    const auto stat = os::read_proc_stat(pid_in(bench.events.out));
    return stat && stat->state == 'T';
  });
  bench.turn_for(2100ms);
  EXPECT_FALSE(bench.events.result);
  bench.backend->resume();
  EXPECT_EQ(bench.to_end().end, AttemptEnd::exited);
  EXPECT_LT(bench.to_end().runtime, 2s);
}

}  // namespace
}  // namespace tend::jobs
