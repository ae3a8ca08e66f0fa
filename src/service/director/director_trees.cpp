// The director and the whole trees of runs: signals to leaders, leftovers watched until the last
// one is gone, and the word to the keeper that an end is dealt with.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "service/director/director.hpp"

namespace tend::service {

namespace {

/// How many leftover processes of one run are watched at a time; the next look finds the rest.
constexpr std::size_t leftovers_watched_max = 256;
constexpr std::chrono::milliseconds look_again_after{100};

}  // namespace

std::int32_t Director::leader_pid(const ServiceUnit& unit) const {
  const std::uint32_t run = unit.state().run;
  if (unit.is_adopted()) {
    const bool is_alive = unit.leader.is_open() && !world_.has_ended(unit.leader).value_or(true);
    return is_alive ? unit.record.adoption.pid : 0;
  }
  const ChildSlot& slot = state_.slot(unit.index);
  const bool is_unreaped = run != 0 && slot.run == run && state_.acknowledged(unit.index) != run;
  return is_unreaped ? load_shared(slot.pid) : 0;
}

TreeOfRun Director::tree_of(const ServiceUnit& unit) const {
  return {.service = unit.spec->name,
          .run = unit.state().run,
          .leader_pid = leader_pid(unit),
          .is_adopted = unit.is_adopted()};
}

/// The signal of a stop stage. Where somebody may not have got it, because descriptors or memory
/// have run out, it is sent again a little later: after the last stage nothing else would be.
void Director::signal(ServiceUnit& unit, const Action& action) {
  const bool has_reached_all = action.type == Action::Type::signal_leader
                                   ? signal_leader(unit, action.signal)
                                   : signal_tree(unit, action.signal);
  if (has_reached_all) {
    return;
  }
  loop_.add_timer(look_again_after,
                  [this, &unit, run = action.run, stage = unit.state().stop_stage] {
                    const ServiceState& now = unit.state();
                    if (now.run == run && now.phase == Phase::stopping && now.stop_stage == stage) {
                      signal(unit, stop_signal(now, unit.policy));
                    }
                  });
}

bool Director::signal_leader(const ServiceUnit& unit, int signal) {
  const auto send = [this, signal](const os::Fd& pidfd) {
    static_cast<void>(world_.send_signal(pidfd, signal));
    if (signal != SIGKILL) {
      static_cast<void>(world_.send_signal(pidfd, SIGCONT));
    }
  };
  if (unit.is_adopted()) {
    if (unit.leader.is_open()) {
      send(unit.leader);
    }
    return true;
  }
  const std::int32_t pid = leader_pid(unit);
  if (pid == 0) {
    return true;
  }
  // The keeper does not reap before we acknowledge, so this pid is still the leader's.
  const auto pidfd = world_.open_process(pid);
  if (pidfd) {
    send(*pidfd);
  }
  return pidfd || pidfd.error().code == ESRCH;
}

bool Director::signal_tree(ServiceUnit& unit, int signal) {
  // An adopted leader is not signalled by number, as signal_all() would.
  const bool has_reached_leader = !unit.is_adopted() || signal_leader(unit, signal);
  const bool has_reached_others = trees_->signal_all(tree_of(unit), signal).has_value();
  if (unit.state().leader == Leader::none) {
    watch_tree(unit);
  }
  return has_reached_leader && has_reached_others;
}

/// What was born while the others were being killed is killed too.
void Director::go_on_with_tree(ServiceUnit& unit) {
  const Action next = stop_signal(unit.state(), unit.policy);
  if (next.signal == SIGKILL) {
    signal(unit, next);
  } else {
    watch_tree(unit);
  }
}

void Director::watch_tree(ServiceUnit& unit) {
  for (Leftover& leftover : unit.leftovers) {
    loop_.remove(leftover.watch);
  }
  unit.leftovers.clear();
  auto opened = trees_->open_others(tree_of(unit), leftovers_watched_max);
  bool is_known = opened.has_value();
  for (std::size_t i = 0; is_known && i < opened->size(); ++i) {
    Leftover leftover{.pidfd = std::move((*opened)[i])};
    const auto watch = loop_.add(leftover.pidfd, os::Interest::read,
                                 [this, &unit](os::Ready) { leftover_ended(unit); });
    is_known = watch.has_value();
    if (is_known) {
      leftover.watch = *watch;
      unit.leftovers.push_back(std::move(leftover));
    }
  }
  if (!unit.leftovers.empty()) {
    return;
  }
  // Nobody left is told from the loop, not from in here. That nobody could be found out (no more
  // descriptors) is not the same: then look again a little later.
  const auto delay = is_known ? std::chrono::milliseconds(0) : look_again_after;
  loop_.add_timer(delay, [this, &unit, run = unit.state().run, is_known] {
    if (unit.state().run != run || unit.state().phase != Phase::stopping) {
      return;
    }
    if (is_known) {
      apply(unit, event(Event::Type::tree_gone, unit));
    } else {
      go_on_with_tree(unit);
    }
  });
}

void Director::leftover_ended(ServiceUnit& unit) {
  // Those that have ended leave the list; when it is empty, look whether others have been born.
  std::erase_if(unit.leftovers, [this](Leftover& leftover) {
    if (!world_.has_ended(leftover.pidfd).value_or(true)) {
      return false;
    }
    loop_.remove(leftover.watch);
    return true;
  });
  if (!unit.leftovers.empty()) {
    return;
  }
  go_on_with_tree(unit);
}

void Director::acknowledge(const ServiceUnit& unit, std::uint32_t run) {
  state_.set_acknowledged(unit.index, run);
  keeper_->acknowledge();
}

}  // namespace tend::service
