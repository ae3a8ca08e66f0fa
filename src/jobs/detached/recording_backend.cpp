#include "jobs/detached/recording_backend.hpp"

#include <cstddef>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "jobs/remote/meant_for_all.hpp"

namespace tend::jobs {

namespace {

constexpr std::chrono::milliseconds sync_pause{100};

/// Output of one attempt that is kept in memory, so that most attempts are one write.
constexpr std::size_t records_bytes_max = std::size_t{256} << 10U;

}  // namespace

Result<std::unique_ptr<Backend>> RecordingBackend::make(os::EventLoop& loop, BackendEvents& events,
                                                        RecordFile& file, unsigned slot_offset,
                                                        const MakeBackend& make_live) {
  std::unique_ptr<RecordingBackend> recording(
      new RecordingBackend(loop, events, file, slot_offset));
  recording->live_ = TEND_TRY(make_live(loop, *recording));
  return recording;
}

RecordingBackend::~RecordingBackend() {
  loop_.cancel(sync_timer_);
  for (const auto& [id, running] : running_) {
    loop_.cancel(running.report);
  }
}

Taken RecordingBackend::start(const Attempt& attempt) {
  Attempt mine = attempt;
  mine.slot += slot_offset_;
  std::string record;
  append_event(
      record,
      RecordedBegin{
          .id = mine.id, .identity = mine.identity, .attempt = mine.attempt, .slot = mine.slot});
  write(record);
  sync_soon();
  if (is_broken_) {
    return Taken::later;  // What cannot be written down must not happen; the run is being ended.
  }
  running_.try_emplace(mine.id);
  const Taken taken = live_->start(mine);
  if (taken == Taken::later) {
    running_.erase(mine.id);
  }
  return taken;
}

void RecordingBackend::stop(AttemptId id, StopHow how) {
  const auto place = running_.find(id);
  if (place == running_.end()) {
    return;
  }
  place->second.is_stopped = true;
  if (place->second.report == os::TimerId::none) {
    live_->stop(id, how);
  }
}

void RecordingBackend::set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) {
  live_->set_timeout(id, limit);
}

void RecordingBackend::hold_output(AttemptId id, bool is_held) { live_->hold_output(id, is_held); }

void RecordingBackend::started(AttemptId id, const AttemptStart& start) {
  Running& running = running_.at(id);
  running.has_started = true;
  running.start = start;
  events_.started(id, start);
}

void RecordingBackend::output(AttemptId id, OutputStream stream, std::string_view bytes) {
  Running& running = running_.at(id);
  running.output_bytes += bytes.size();
  append_event(running.records, RecordedOutput{.id = id, .stream = stream, .bytes = bytes});
  if (running.records.size() >= records_bytes_max) {
    write(std::exchange(running.records, {}));
  }
  events_.output(id, stream, bytes);
}

void RecordingBackend::ended(AttemptId id, const AttemptResult& result) {
  Running& running = running_.at(id);
  if (running.is_stopped || !may_be_meant_for_all(result)) {
    finish(id, result);
    return;
  }
  running.report =
      loop_.add_timer(long_pause_after_signal, [this, id, result] { finish(id, result); });
}

void RecordingBackend::finish(AttemptId id, const AttemptResult& result) {
  Running running = std::move(running_.extract(id).mapped());
  AttemptResult seen = result;
  if (running.is_stopped && may_be_meant_for_all(result)) {
    seen.end = AttemptEnd::stopped;
  }
  if (seen.end != AttemptEnd::stopped) {
    append_event(running.records, RecordedEnd{.id = id,
                                              .has_started = running.has_started,
                                              .start = running.start,
                                              .result = seen,
                                              .output_bytes = running.output_bytes,
                                              .time = os::realtime_now()});
    write(running.records);
    if (sync_timer_ == os::TimerId::none && !is_broken_) {
      sync_timer_ = loop_.add_timer(sync_pause, [this] {
        sync_timer_ = os::TimerId::none;
        last_sync_ = {};
        sync_soon();
      });
    }
  }
  events_.ended(id, seen);
}

void RecordingBackend::write(std::string_view records) {
  if (!is_broken_) {
    check(file_.append(records));
  }
}

/// Now, unless that was just done.
void RecordingBackend::sync_soon() {
  if (is_broken_ || loop_.now() - last_sync_ < sync_pause) {
    return;
  }
  check(file_.sync());
  last_sync_ = loop_.now();
}

void RecordingBackend::check(const Result<>& result) {
  if (!result && !std::exchange(is_broken_, true)) {
    events_.failed(result.error());
  }
}

}  // namespace tend::jobs
