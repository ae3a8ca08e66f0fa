// The director and adopted runs: those that were born under a keeper that was killed. Their leaders
// are reaped by whoever inherited them, so they are held by pidfd: it means the same process for
// ever, and tells the exit status where the kernel does (Linux 6.15).

#include <chrono>

#include "service/director/director.hpp"
#include "service/exit_report.hpp"

namespace tend::service {

/// Before anything is decided about it: the pidfd that the keeper holds for us.
void Director::hold_adopted(ServiceUnit& unit) {
  if (!unit.is_adopted()) {
    return;
  }
  if (unit.state().leader == Leader::none) {
    // The dead director may not have come to say so.
    keeper_->drop(StoredKind::leader, unit.index, unit.state().run);
    return;
  }
  const int leader = state_.stored_fd(StoredKind::leader, unit.index, unit.state().run);
  if (leader >= 0) {
    unit.leader = world_.inherited(leader);
  }
}

/// Afterwards: to be told of its end, if it is still to come.
void Director::watch_adopted(ServiceUnit& unit) {
  const std::uint32_t run = unit.state().run;
  if (!unit.is_adopted() || unit.state().leader == Leader::none) {
    return;
  }
  if (!unit.leader.is_open()) {
    // It ended while nobody looked.
    loop_.add_timer(std::chrono::nanoseconds(0),
                    [this, &unit, run] { end_adopted(unit, run, {.how = Outcome::How::unknown}); });
    return;
  }
  unit.leader_watch = std::make_unique<LeaderWatch>(
      loop_, unit.leader,
      [this, &unit, run](std::optional<ExitStatus> status) {
        end_adopted(unit, run, status ? outcome_of(*status) : Outcome{Outcome::How::unknown});
      },
      [this](const os::Fd& leader) { return world_.end_of(leader); });
}

void Director::end_adopted(ServiceUnit& unit, std::uint32_t run, const Outcome& outcome) {
  if (unit.state().run != run || unit.state().leader == Leader::none) {
    return;
  }
  end_run(unit, outcome);
}

void Director::forget_adopted(ServiceUnit& unit, std::uint32_t run) {
  keeper_->drop(StoredKind::leader, unit.index, run);
  // Later, from the loop: the watch may be who told us.
  loop_.add_timer(std::chrono::nanoseconds(0), [&unit] {
    unit.leader_watch.reset();
    unit.leader.reset();
  });
}

}  // namespace tend::service
