#include "jobs/detached/replay_backend.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/clock.hpp"

namespace tend::jobs {

namespace {

/// Pieces of output in a row before others have their turn.
constexpr int pieces_at_once = 16;

}  // namespace

Result<std::unique_ptr<Backend>> ReplayBackend::make(os::EventLoop& loop, BackendEvents& events,
                                                     Recordings& recordings, MakeBackend make_live,
                                                     Live live) {
  std::unique_ptr<ReplayBackend> replay(
      new ReplayBackend(loop, events, recordings, std::move(make_live)));
  if (live == Live::at_once) {
    replay->live_ = TEND_TRY(replay->make_live_(loop, *replay));
  }
  return replay;
}

ReplayBackend::~ReplayBackend() {
  loop_.cancel(stop_timer_);
  for (const auto& [id, replay] : replays_) {
    loop_.cancel(replay.timer);
  }
}

// --- what the owner wishes -----------------------------------------------------------------------

Taken ReplayBackend::start(const Attempt& attempt) {
  RecordedAttempt* recorded = recordings_.find(attempt.identity, attempt.attempt);
  if (recorded == nullptr || recorded->is_used) {
    return start_live(attempt);
  }
  recorded->is_used = true;
  Replay& replay = replays_[attempt.id];
  replay.sequence = attempt.sequence;
  replay.identity = attempt.identity;
  replay.recorded = recorded;
  go_on(attempt.id, replay);
  return Taken::yes;
}

Taken ReplayBackend::start_live(const Attempt& attempt) {
  if (!live_) {
    auto made = make_live_(loop_, *this);
    if (!made) {
      events_.failed(made.error());
      return Taken::later;
    }
    live_ = *std::move(made);
    if (is_paused_) {
      live_->pause();
    }
  }
  if (live_->capacity() == 0U) {
    waiting_ = attempt;
    return Taken::yes;
  }
  return live_->start(attempt);
}

/// One replay at a time while there is nobody else: it takes no time.
std::optional<unsigned> ReplayBackend::capacity() const { return live_ ? live_->capacity() : 1; }

void ReplayBackend::stop(AttemptId id, StopHow how) {
  if (const auto place = replays_.find(id); place != replays_.end()) {
    place->second.is_stopped = true;
    go_on(id, place->second);
  } else if (waiting_ && waiting_->id == id) {
    loop_.cancel(stop_timer_);
    stop_timer_ = loop_.add_timer(std::chrono::nanoseconds(0), [this, id] {
      if (waiting_ && waiting_->id == id) {
        waiting_.reset();
        events_.ended(id, {.end = AttemptEnd::stopped});
      }
    });
  } else if (live_) {
    live_->stop(id, how);
  }
}

void ReplayBackend::set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) {
  if (waiting_ && waiting_->id == id) {
    waiting_->timeout = limit;
  } else if (live_ && !replays_.contains(id)) {
    live_->set_timeout(id, limit);
  }
}

void ReplayBackend::hold_output(AttemptId id, bool is_held) {
  const auto place = replays_.find(id);
  if (place == replays_.end()) {
    if (live_ && (!waiting_ || waiting_->id != id)) {
      live_->hold_output(id, is_held);
    }
    return;
  }
  place->second.is_held = is_held;
  if (!is_held) {
    go_on(id, place->second);
  }
}

void ReplayBackend::pause() {
  is_paused_ = true;
  if (live_) {
    live_->pause();
  }
}

void ReplayBackend::resume() {
  is_paused_ = false;
  if (live_) {
    live_->resume();
  }
}

void ReplayBackend::has_room() {
  if (waiting_ && live_->capacity() != 0U && live_->start(*waiting_) == Taken::yes) {
    waiting_.reset();
  }
  events_.has_room();
}

// --- replaying -----------------------------------------------------------------------------------

/// From the loop, once it is wanted.
void ReplayBackend::go_on(AttemptId id, Replay& replay) {
  if (replay.timer == os::TimerId::none) {
    replay.timer = loop_.add_timer(std::chrono::nanoseconds(0), [this, id] { play(id); });
  }
}

/// The owner may do anything from within the events but destroy us.
void ReplayBackend::play(AttemptId id) {
  Replay& replay = replays_.at(id);
  replay.timer = os::TimerId::none;
  const RecordedAttempt& recorded = *replay.recorded;
  if (recorded.end_offset && !replay.end) {
    begin(id, replay);
  }
  std::string bytes;
  for (int count = 0; count < pieces_at_once; ++count) {
    if (replay.is_stopped || !replay.end || replay.next_output == recorded.output_offsets.size()) {
      finish(id);
      return;
    }
    if (replay.is_held) {
      return;
    }
    bytes.clear();
    const auto stream = recordings_.read_output(recorded, replay.next_output++, bytes);
    if (!stream) {
      replay.is_stopped = true;
      events_.failed(stream.error());
    } else {
      events_.output(id, *stream, bytes);
    }
  }
  go_on(id, replay);
}

void ReplayBackend::begin(AttemptId id, Replay& replay) {
  auto end = recordings_.read_end(*replay.recorded);
  if (!end) {
    replay.is_stopped = true;
    events_.failed(end.error());
    return;
  }
  replay.end = *std::move(end);
  if (replay.end->has_started) {
    replay.end->start.slot = replay.recorded->slot;
    events_.started(id, replay.end->start);
  }
}

void ReplayBackend::finish(AttemptId id) {
  const Replay replay = std::move(replays_.extract(id).mapped());
  if (replay.is_stopped) {
    // Nobody has learned its result: the next to ask will.
    recordings_.find(replay.identity, replay.recorded->attempt)->is_used = false;
    events_.ended(id, {.end = AttemptEnd::stopped});
    return;
  }
  if (!replay.end) {
    events_.ended(id, {.end = AttemptEnd::worker_lost,
                       .problem = "its task ended before the result was written"});
    return;
  }
  AttemptResult result = replay.end->result;
  result.told_late = std::max(std::chrono::nanoseconds(0), os::realtime_now() - replay.end->time);
  if (result.end == AttemptEnd::exited && result.status && result.status->success()) {
    tell_other_runs(replay);
  }
  events_.ended(id, result);
}

/// A task that was given up for lost may have gone on, beside the one that took its place.
void ReplayBackend::tell_other_runs(const Replay& replay) {
  const std::vector<RecordedAttempt>& all = *recordings_.attempts_at(replay.identity);
  if (std::ranges::any_of(all, [&replay](const RecordedAttempt& other) {
        return other.attempt > replay.recorded->attempt;
      })) {
    events_.notice(text::format("job {} has run again beside its attempt {}, which counts",
                                replay.sequence, replay.recorded->attempt));
    recordings_.forget(replay.identity);
  }
}

}  // namespace tend::jobs
