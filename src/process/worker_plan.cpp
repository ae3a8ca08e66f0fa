#include "process/worker_plan.hpp"

#include <algorithm>
#include <cmath>

namespace tend::process {

WorkerPlan::WorkerPlan(Options options) : options_(options), slots_(options.slots) {}

std::optional<WorkerPlan::Phase> WorkerPlan::phase_of(Id id) const {
  const auto found = workers_.find(id);
  return found == workers_.end() ? std::nullopt : std::optional(found->second.phase);
}

/// first, first * factor, first * factor^2, ... up to the most.
std::chrono::nanoseconds WorkerPlan::pause_after(int failures) const {
  if (failures == 0) {
    return {};
  }
  const double first = static_cast<double>(options_.backoff_first.count());
  const double most = static_cast<double>(options_.backoff_most.count());
  const double pause = first * std::pow(options_.backoff_factor, failures - 1);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(pause, most)));
}

/// When the present phase of a worker has lasted too long.
std::optional<WorkerPlan::Instant> WorkerPlan::limit_of(const Worker& worker) const {
  switch (worker.phase) {
    case Phase::starting: return worker.since + options_.ready_within;
    case Phase::draining: return worker.since + options_.drain_within;
    case Phase::ready:
    case Phase::ending: break;
  }
  return std::nullopt;
}

/// Some worker is not the one that serves its slot: a successor, or one that has a successor.
bool WorkerPlan::is_replacing_one() const {
  return std::ranges::any_of(workers_, [this](const auto& entry) {
    return slots_[entry.second.slot].current != entry.first;
  });
}

bool WorkerPlan::has_stale() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.is_stale; });
}

WorkerPlan::Action WorkerPlan::start(std::size_t slot, Instant now, bool is_successor) {
  const Id id = ++last_id_;
  workers_.emplace(id, Worker{.slot = slot, .since = now, .is_successor = is_successor});
  if (!is_successor) {
    slots_[slot].current = id;
    slots_[slot].is_stale = false;
  }
  return {.kind = Action::Kind::start, .id = id, .slot = slot};
}

void WorkerPlan::start_missing(std::vector<Action>& actions, Instant now) {
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    if (!slots_[index].current && now >= slots_[index].start_at) {
      actions.push_back(start(index, now, false));
    }
  }
}

template <typename Predicate>
void WorkerPlan::drain_where(std::vector<Action>& actions, Instant now, Predicate predicate) {
  for (auto& [id, worker] : workers_) {
    const bool is_working = worker.phase == Phase::starting || worker.phase == Phase::ready;
    if (is_working && predicate(id, worker)) {
      worker.phase = Phase::draining;
      worker.since = now;
      worker.is_excused = true;
      actions.push_back({.kind = Action::Kind::drain, .id = id, .slot = worker.slot});
    }
  }
}

void WorkerPlan::kill_late(std::vector<Action>& actions, Instant now) {
  for (auto& [id, worker] : workers_) {
    const auto limit = limit_of(worker);
    if (limit && now >= *limit) {
      worker.phase = Phase::ending;
      actions.push_back({.kind = Action::Kind::kill, .id = id, .slot = worker.slot});
    }
  }
}

void WorkerPlan::replace_next(std::vector<Action>& actions, Instant now) {
  if (has_failed_replacement_) {
    has_failed_replacement_ = false;
    is_replacing_ = false;
    actions.push_back({.kind = Action::Kind::replacement_failed});
  }
  if (!is_replacing_ || is_replacing_one()) {
    return;
  }
  const auto next = std::ranges::find_if(slots_, [this](const Slot& slot) {
    return slot.is_stale && slot.current && phase_of(*slot.current) == Phase::ready;
  });
  if (next != slots_.end()) {
    actions.push_back(start(static_cast<std::size_t>(next - slots_.begin()), now, true));
  } else if (!has_stale()) {
    is_replacing_ = false;
    actions.push_back({.kind = Action::Kind::replaced});
  }
}

std::vector<WorkerPlan::Action> WorkerPlan::due(Instant now) {
  std::vector<Action> actions;
  if (is_stopping_) {
    drain_where(actions, now, [](Id, const Worker&) { return true; });
  } else {
    start_missing(actions, now);
    replace_next(actions, now);
    // Whose successor has become ready.
    drain_where(actions, now, [this](Id id, const Worker& worker) {
      return !worker.is_successor && slots_[worker.slot].current != id;
    });
  }
  kill_late(actions, now);
  return actions;
}

std::optional<WorkerPlan::Instant> WorkerPlan::wake_at() const {
  std::optional<Instant> first;
  const auto consider = [&first](std::optional<Instant> at) {
    first = first && at ? std::min(first, at) : first ? first : at;
  };
  for (const auto& [id, worker] : workers_) {
    consider(limit_of(worker));
  }
  for (const Slot& slot : slots_) {
    if (!slot.current && !is_stopping_) {
      consider(slot.start_at);
    }
  }
  return first;
}

void WorkerPlan::started(Id id, Instant now) { workers_.at(id).since = now; }

void WorkerPlan::ready(Id id, Instant now) {
  const auto found = workers_.find(id);
  if (found == workers_.end() || found->second.phase != Phase::starting) {
    return;
  }
  Worker& worker = found->second;
  worker.phase = Phase::ready;
  worker.since = now;
  if (worker.is_successor) {
    worker.is_successor = false;
    slots_[worker.slot].current = id;  // The old one is drained by the next due().
    slots_[worker.slot].is_stale = worker.is_outdated;
    slots_[worker.slot].failures = 0;
  }
}

/// The worker is no more: what that means for its slot.
void WorkerPlan::lost(Id id, const Worker& worker, Instant now) {
  Slot& slot = slots_[worker.slot];
  if (worker.is_successor) {
    if (!is_stopping_) {
      has_failed_replacement_ = true;
      for (Slot& each : slots_) {
        each.is_stale = false;
      }
    }
    return;
  }
  if (slot.current != id) {
    return;
  }
  const bool was_healthy = worker.is_excused || (worker.phase == Phase::ready &&
                                                 now - worker.since >= options_.healthy_after);
  slot.failures = was_healthy ? 0 : slot.failures + 1;
  const auto successor = std::ranges::find_if(workers_, [&worker](const auto& entry) {
    return entry.second.is_successor && entry.second.slot == worker.slot;
  });
  if (successor != workers_.end()) {  // It is on its way already, and serves the slot from now on.
    successor->second.is_successor = false;
    slot.current = successor->first;
    slot.is_stale = successor->second.is_outdated;
    return;
  }
  slot.current.reset();
  slot.start_at = now + pause_after(slot.failures);
}

void WorkerPlan::ended(Id id, Instant now) {
  const auto found = workers_.find(id);
  if (found != workers_.end()) {
    const Worker worker = found->second;
    workers_.erase(found);
    lost(id, worker, now);
  }
}

void WorkerPlan::start_failed(Id id, Instant now) { ended(id, now); }

void WorkerPlan::killed(Id id) {
  const auto found = workers_.find(id);
  if (found != workers_.end()) {
    found->second.phase = Phase::ending;
    found->second.is_excused = true;
  }
}

void WorkerPlan::replace_all() {
  if (is_stopping_) {
    return;
  }
  is_replacing_ = true;
  for (Slot& slot : slots_) {
    slot.is_stale = slot.current.has_value();
  }
  for (auto& [id, worker] : workers_) {
    worker.is_outdated = true;
  }
}

void WorkerPlan::stop_all() {
  is_stopping_ = true;
  is_replacing_ = false;
}

}  // namespace tend::process
