#include "jobs/detached/recording_backend.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "jobs/detached/recordings.hpp"
#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

/// Runs nothing: the test tells how attempts end. It takes stops and does nothing of its own.
class IdleBackend final : public Backend {
 public:
  explicit IdleBackend(std::vector<AttemptId>& stopped) : stopped_(stopped) {}

  Taken start(const Attempt& /*attempt*/) override { return Taken::yes; }
  [[nodiscard]] std::optional<unsigned> capacity() const override { return std::nullopt; }
  void stop(AttemptId id, StopHow /*how*/) override { stopped_.push_back(id); }
  void set_timeout(AttemptId /*id*/, std::optional<std::chrono::nanoseconds> /*limit*/) override {}
  void hold_output(AttemptId /*id*/, bool /*is_held*/) override {}
  void pause() override {}
  void resume() override {}

 private:
  std::vector<AttemptId>& stopped_;
};

class Ends final : public BackendEvents {
 public:
  void started(AttemptId /*id*/, const AttemptStart& /*start*/) override {}
  void output(AttemptId /*id*/, OutputStream /*stream*/, std::string_view /*bytes*/) override {}
  void ended(AttemptId id, const AttemptResult& result) override { all.emplace(id, result.end); }
  void has_room() override {}
  void notice(const std::string& /*words*/) override {}
  void failed(const Error& error) override { ADD_FAILURE() << error.message(); }

  std::map<AttemptId, AttemptEnd> all{};
};

class RecordingBackendTest : public testing::Test {
 protected:
  static constexpr AttemptId id{1};
  static constexpr JobIdentity job{.hash = {.high = 10, .low = 7}};

  RecordingBackendTest() {
    const MakeBackend make_live =
        [this](os::EventLoop& /*loop*/, BackendEvents& events) -> Result<std::unique_ptr<Backend>> {
      live_events_ = &events;
      return std::make_unique<IdleBackend>(stopped_);
    };
    backend_ = RecordingBackend::make(loop_, ends_, file_, 0, make_live).value();
    EXPECT_EQ(backend_->start({.id = id, .identity = job, .argv = {"true"}}), Taken::yes);
  }

  void ends(AttemptEnd end, ExitStatus status) const {
    live_events_->ended(id, {.end = end, .status = status});
  }

  [[nodiscard]] bool has_result() const {
    Recordings recordings;
    EXPECT_TRUE(recordings.add(file_.path()));
    return recordings.result_count() > 0;
  }

  test::TempDir folder_{};
  os::EventLoop loop_ = os::EventLoop::make().value();
  RecordFile file_ = RecordFile::create(folder_ / "1.0.results").value();
  Ends ends_{};
  std::vector<AttemptId> stopped_{};
  BackendEvents* live_events_ = nullptr;
  std::unique_ptr<Backend> backend_{};
};

TEST_F(RecordingBackendTest, writes_down_an_end_before_it_is_told) {
  ends(AttemptEnd::exited, ExitStatus::exited(3));
  EXPECT_EQ(ends_.all.at(id), AttemptEnd::exited);
  EXPECT_TRUE(has_result());
}

TEST_F(RecordingBackendTest, what_was_stopped_is_unfinished) {
  backend_->stop(id, StopHow::by_ladder);
  EXPECT_EQ(stopped_, std::vector{id});
  ends(AttemptEnd::stopped, ExitStatus::killed(SIGTERM));
  EXPECT_EQ(ends_.all.at(id), AttemptEnd::stopped);
  EXPECT_FALSE(has_result());
}

/// scancel signals the job and us; its process was reaped already when we were told to stop it.
TEST_F(RecordingBackendTest, what_was_signalled_by_others_before_it_was_stopped_is_unfinished) {
  backend_->stop(id, StopHow::by_ladder);
  ends(AttemptEnd::signalled, ExitStatus::killed(SIGTERM));
  EXPECT_EQ(ends_.all.at(id), AttemptEnd::stopped);
  EXPECT_FALSE(has_result());
}

TEST_F(RecordingBackendTest, what_was_signalled_by_others_and_then_stopped_is_unfinished) {
  ends(AttemptEnd::signalled, ExitStatus::killed(SIGTERM));
  EXPECT_TRUE(ends_.all.empty()) << "told at once, although the signal may have been meant for all";
  backend_->stop(id, StopHow::by_ladder);
  EXPECT_TRUE(stopped_.empty()) << "it has ended there";
  while (ends_.all.empty()) {
    ASSERT_TRUE(loop_.run_once(std::chrono::seconds(60)));
  }
  EXPECT_EQ(ends_.all.at(id), AttemptEnd::stopped);
  EXPECT_FALSE(has_result());
}

TEST_F(RecordingBackendTest, what_ended_by_itself_while_it_was_stopped_has_its_result) {
  backend_->stop(id, StopHow::by_ladder);
  ends(AttemptEnd::exited, ExitStatus::exited(0));
  EXPECT_EQ(ends_.all.at(id), AttemptEnd::exited);
  EXPECT_TRUE(has_result());
}

}  // namespace
}  // namespace tend::jobs
