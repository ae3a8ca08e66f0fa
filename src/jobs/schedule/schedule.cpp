#include "jobs/schedule/schedule.hpp"

#include <algorithm>

namespace tend::jobs {

bool Schedule::has_slot(const Room& room) const noexcept {
  return slots_.has_free() && (!room.capacity || slots_.taken_count() < *room.capacity);
}

/// The first time at which a job that waits is due.
std::optional<Schedule::Instant> Schedule::next_due() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

Schedule::Step Schedule::next(Instant now, const Room& room) const {
  if (running_.empty() && (is_draining_ || (is_input_over_ && !pulled_ && waiting_.empty()))) {
    return {.next = Next::finished};
  }
  if (is_draining_ || !room.is_open || !has_slot(room)) {
    return {.next = Next::wait};
  }
  const std::optional<Instant> due = next_due();
  const bool has_due = due && *due <= now;
  if (!has_due && !pulled_) {
    return is_input_over_ ? Step{.next = Next::wait, .at = due}
                          : Step{.next = Next::pull, .at = due};
  }
  if (last_start_ && now < *last_start_ + policy_.delay) {
    return {.next = Next::wait, .at = *last_start_ + policy_.delay};
  }
  return {.next = Next::start};
}

Schedule::Start Schedule::start(Instant now) {
  Sequence sequence = 0;
  Tries tries;
  // Who has waited for another time comes before who never ran.
  if (const auto due = next_due(); due && *due <= now) {
    sequence = due_.begin()->second;
    due_.erase(due_.begin());
    tries = waiting_.extract(sequence).mapped();
  } else {
    sequence = *std::exchange(pulled_, std::nullopt);
  }
  ++tries.attempt;
  tries.slot = *slots_.take();
  running_.emplace(sequence, tries);
  last_start_ = now;
  return {.sequence = sequence,
          .attempt = tries.attempt,
          .slot = tries.slot,
          .is_last = tries.failures + 1 >= policy_.retries.attempts_max};
}

void Schedule::put_back(Sequence sequence, Instant at) {
  Tries tries = running_.extract(sequence).mapped();
  slots_.give_back(tries.slot);
  --tries.attempt;
  wait(sequence, tries, at);
}

Schedule::Verdict Schedule::ended(Sequence sequence, Ending ending, Instant now) {
  Tries tries = running_.extract(sequence).mapped();
  slots_.give_back(tries.slot);
  if (ending == Ending::failure && ++tries.failures < policy_.retries.attempts_max &&
      !is_draining_) {
    return wait(sequence, tries, now + retry_pause(policy_.retries, tries.failures));
  }
  if (ending == Ending::lost && ++tries.losses < losses_max && !is_draining_) {
    return wait(sequence, tries, now);
  }
  return finish(ending);
}

Schedule::Verdict Schedule::wait(Sequence sequence, Tries tries, Instant at) {
  if (is_draining_) {
    ++counts_.unfinished;
    given_up_.push_back(sequence);
    return {};
  }
  waiting_.emplace(sequence, tries);
  due_.emplace(at, sequence);
  return {.is_last = false, .retry_at = at};
}

Schedule::Verdict Schedule::finish(Ending ending) {
  switch (ending) {
    case Ending::success: ++counts_.succeeded; break;
    case Ending::failure:
    case Ending::lost: ++counts_.failed; break;
    case Ending::stopped: ++counts_.unfinished; break;
  }
  if (!is_draining_ && is_halt_reached(policy_.halt, counts_)) {
    is_halted_ = true;
    drain();
  }
  return {};
}

void Schedule::drain() {
  is_draining_ = true;
  for (const auto& [sequence, tries] : waiting_) {
    ++(tries.failures > 0 ? counts_.failed : counts_.unfinished);
    given_up_.push_back(sequence);
  }
  waiting_.clear();
  due_.clear();
  if (pulled_) {
    ++counts_.unfinished;
    given_up_.push_back(*std::exchange(pulled_, std::nullopt));
  }
}

}  // namespace tend::jobs
