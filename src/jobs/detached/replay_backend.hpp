#pragma once
// ReplayBackend: gives attempts that a detached run has recorded their results, as if they ran now,
// and has a live backend run all others. An attempt that began, and whose result is not there, ends
// as AttemptEnd::worker_lost, like one whose worker is gone.

#include <tend/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "jobs/backend.hpp"
#include "jobs/detached/recordings.hpp"
#include "jobs/front/run_options.hpp"
#include "os/event_loop.hpp"

namespace tend::jobs {

class ReplayBackend final : public Backend, private BackendEvents {
 public:
  /// When the live backend is made: workers elsewhere are launched only if there is work for them.
  enum class Live : bool { at_once, when_needed };

  /// The references stay the caller's and live longer.
  static Result<std::unique_ptr<Backend>> make(os::EventLoop& loop, BackendEvents& events,
                                               Recordings& recordings, MakeBackend make_live,
                                               Live live);
  ~ReplayBackend() override;
  ReplayBackend(const ReplayBackend&) = delete;
  ReplayBackend(ReplayBackend&&) = delete;
  ReplayBackend& operator=(const ReplayBackend&) = delete;
  ReplayBackend& operator=(ReplayBackend&&) = delete;

  Taken start(const Attempt& attempt) override;
  [[nodiscard]] std::optional<unsigned> capacity() const override;
  void stop(AttemptId id, StopHow how) override;
  void set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) override;
  void hold_output(AttemptId id, bool is_held) override;
  void pause() override;
  void resume() override;

 private:
  struct Replay {
    std::uint64_t sequence = 0;
    JobIdentity identity{};
    const RecordedAttempt* recorded = nullptr;
    std::optional<RecordedEnd> end{};
    std::size_t next_output = 0;
    bool is_held = false;
    bool is_stopped = false;
    os::TimerId timer = os::TimerId::none;
  };

  ReplayBackend(os::EventLoop& loop, BackendEvents& events, Recordings& recordings,
                MakeBackend make_live)
      : loop_(loop), events_(events), recordings_(recordings), make_live_(std::move(make_live)) {}

  void started(AttemptId id, const AttemptStart& start) override { events_.started(id, start); }
  void output(AttemptId id, OutputStream stream, std::string_view bytes) override {
    events_.output(id, stream, bytes);
  }
  void ended(AttemptId id, const AttemptResult& result) override { events_.ended(id, result); }
  void has_room() override;
  void notice(const std::string& words) override { events_.notice(words); }
  void failed(const Error& error) override { events_.failed(error); }

  [[nodiscard]] Taken start_live(const Attempt& attempt);
  void go_on(AttemptId id, Replay& replay);
  void play(AttemptId id);
  void begin(AttemptId id, Replay& replay);
  void finish(AttemptId id);
  void tell_other_runs(const Replay& replay);

  os::EventLoop& loop_;
  BackendEvents& events_;
  Recordings& recordings_;
  MakeBackend make_live_;
  std::map<AttemptId, Replay> replays_{};
  /// The one attempt that was there before the first worker was; nothing else starts before it.
  std::optional<Attempt> waiting_{};
  os::TimerId stop_timer_ = os::TimerId::none;
  bool is_paused_ = false;
  std::unique_ptr<Backend> live_{};  ///< Gone first: it may know us.
};

}  // namespace tend::jobs
