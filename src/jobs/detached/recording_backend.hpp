#pragma once
// RecordingBackend: writes down what becomes of attempts before it is told, so that who is not
// there now can learn of it later. What was stopped is not written down: it is unfinished.
//
// That an attempt begins is on the disk before it begins, but for those that begin within a tenth
// of a second of others; results follow within that time. So a machine that fails loses that much.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/backend.hpp"
#include "jobs/detached/record_file.hpp"
#include "jobs/detached/recording.hpp"
#include "jobs/front/run_options.hpp"
#include "os/clock.hpp"
#include "os/event_loop.hpp"

namespace tend::jobs {

class RecordingBackend final : public Backend, private BackendEvents {
 public:
  /// Records what the backend that `make_live` makes runs. The references stay the caller's and
  /// live longer. `slot_offset` is added to each slot: other tasks have slots too.
  static Result<std::unique_ptr<Backend>> make(os::EventLoop& loop, BackendEvents& events,
                                               RecordFile& file, unsigned slot_offset,
                                               const MakeBackend& make_live);
  ~RecordingBackend() override;
  RecordingBackend(const RecordingBackend&) = delete;
  RecordingBackend(RecordingBackend&&) = delete;
  RecordingBackend& operator=(const RecordingBackend&) = delete;
  RecordingBackend& operator=(RecordingBackend&&) = delete;

  Taken start(const Attempt& attempt) override;
  [[nodiscard]] std::optional<unsigned> capacity() const override { return live_->capacity(); }
  void stop(AttemptId id, StopHow how) override;
  void set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) override;
  void hold_output(AttemptId id, bool is_held) override;
  void pause() override { live_->pause(); }
  void resume() override { live_->resume(); }

 private:
  struct Running {
    bool has_started = false;
    AttemptStart start{};
    std::string records{};  ///< Of its output, not written yet.
    std::uint64_t output_bytes = 0;
    bool is_stopped = false;
    os::TimerId report = os::TimerId::none;  ///< Its end is written and told then.
  };

  RecordingBackend(os::EventLoop& loop, BackendEvents& events, RecordFile& file,
                   unsigned slot_offset)
      : loop_(loop), events_(events), file_(file), slot_offset_(slot_offset) {}

  void started(AttemptId id, const AttemptStart& start) override;
  void output(AttemptId id, OutputStream stream, std::string_view bytes) override;
  void ended(AttemptId id, const AttemptResult& result) override;
  void has_room() override { events_.has_room(); }
  void notice(const std::string& words) override { events_.notice(words); }
  void failed(const Error& error) override { events_.failed(error); }

  void finish(AttemptId id, const AttemptResult& result);
  void write(std::string_view records);
  void sync_soon();
  void check(const Result<>& result);

  os::EventLoop& loop_;
  BackendEvents& events_;
  RecordFile& file_;
  unsigned slot_offset_;
  std::map<AttemptId, Running> running_{};
  os::Instant last_sync_{};
  os::TimerId sync_timer_ = os::TimerId::none;
  bool is_broken_ = false;
  std::unique_ptr<Backend> live_{};  ///< Gone first: it may know us.
};

}  // namespace tend::jobs
