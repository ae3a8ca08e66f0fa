#include "service/world/sim_recorder.hpp"

#include <utility>

#include "service/exit_report.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/leader.hpp"
#include "service/world/machine.hpp"

namespace tend::service::world {

void SimRecorder::lose_keeper() {
  if (!is_alive_) {
    return;
  }
  for (const Stored& entry : machine_.state.stored()) {
    if (keeper::is_for(entry.kind, keeper::Helper::recorder) && entry.passed != Passed::not_yet) {
      held_[{entry.kind, entry.record, entry.run}] = machine_.duplicate(entry.fd);
    }
  }
}

void SimRecorder::die() {
  is_alive_ = is_heir_ = false;
  held_.clear();
}

void SimRecorder::begin_anew() {
  die();
  is_alive_ = true;
}

void SimRecorder::hold_leaders() {
  for (std::uint32_t index = 0; index < machine_.state.count(); ++index) {
    const KnownLeader leader = leader_in(machine_.state, index);
    if (auto pidfd = machine_.open_leader(leader)) {
      held_.try_emplace({StoredKind::leader, index, leader.run}, *std::move(pidfd));
    }
  }
}

void SimRecorder::turn() {
  if (!is_alive_ || machine_.has_keeper()) {
    return;
  }
  if (!std::exchange(is_heir_, true)) {
    hold_leaders();
  }
  for (const auto& [key, fd] : held_) {
    const auto& [kind, index, run] = key;
    if (kind == StoredKind::leader) {
      report_end(index, run, machine_.token_of(fd).of);
    }
  }
}

void SimRecorder::report_end(std::uint32_t index, std::uint32_t run, std::uint64_t serial) {
  const ProcessEnd end = machine_.end_of(serial);
  if (end.status && awaits_report(machine_.state, index, run)) {
    write_report(machine_.state, index, run, *end.status);
  }
}

std::vector<Bequest> SimRecorder::bequeath() {
  turn();
  std::vector<Bequest> given;
  for (const auto& [key, fd] : held_) {
    const auto& [kind, index, run] = key;
    given.push_back(
        {.kind = kind, .record = index, .run = run, .fd = machine_.duplicate(fd.get())});
  }
  return given;
}

bool SimRecorder::holds(std::uint64_t serial) const {
  for (const auto& [key, fd] : held_) {
    if (std::get<StoredKind>(key) == StoredKind::leader && machine_.token_of(fd).of == serial) {
      return true;
    }
  }
  return false;
}

}  // namespace tend::service::world
