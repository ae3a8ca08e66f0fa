#include "cli/process/timed_run.hpp"

#include <tend/child.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <list>
#include <set>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/pidfd.hpp"
#include "os/poll.hpp"
#include "os/procfs.hpp"
#include "os/signals.hpp"
#include "os/subreaper.hpp"
#include "process/tree.hpp"
#include "process/tree_stop.hpp"

namespace tend::cli {

namespace {

std::set<std::int32_t> own_children() {
  const auto children = os::children_of(os::own_pid()).value_or(std::vector<std::int32_t>{});
  return {children.begin(), children.end()};
}

/// A tree that is to end. It stays where it is: the tree points to the pidfd.
struct Branch {
  Branch(process::ProcessTree::Root root, const StopLadder& ladder)
      : tree(root), stop(ladder, text::format("process {}", root.pid)) {}
  Branch(os::Fd pidfd, std::int32_t pid, const StopLadder& ladder)
      : orphan(std::move(pidfd)),
        tree({.pidfd = &orphan, .pid = pid}),
        stop(ladder, text::format("process {}", pid)) {}

  os::Fd orphan{};
  process::ProcessTree tree;
  process::TreeStop stop;
};

class TimedRun {
 public:
  TimedRun(Child child, os::Fd signals, const TimeLimit& limit, std::set<std::int32_t> strangers)
      : child_(std::move(child)),
        signals_(std::move(signals)),
        limit_(limit),
        known_(std::move(strangers)) {
    known_.insert(child_.pid());
  }

  Result<TimedEnd> run() {
    std::optional<os::Instant> deadline;
    if (limit_.after) {
      deadline = os::monotonic_now() + *limit_.after;
    }
    while (!TEND_TRY(wait(&child_.pidfd(), deadline))) {
      if (deadline && os::monotonic_now() >= *deadline) {
        TEND_TRY(stop());
        return TimedEnd{.status = TEND_TRY(child_.wait()), .is_timed_out = true};
      }
    }
    return TimedEnd{.status = TEND_TRY(child_.wait())};
  }

 private:
  /// Until the process has ended, a signal has come (and was passed on) or the deadline has;
  /// whether it has ended.
  Result<bool> wait(const os::Fd* pidfd, std::optional<os::Instant> deadline) {
    std::vector entries = {os::PollEntry{.fd = &signals_}};
    if (pidfd != nullptr) {
      entries.push_back({.fd = pidfd});
    }
    TEND_TRY(os::poll_any(entries, deadline));
    for (const os::SignalArrival& arrival : TEND_TRY(os::read_signals(signals_))) {
      pass_on(arrival);
    }
    return entries.back().is_ready && pidfd != nullptr;
  }

  /// The terminal sends to all in the foreground itself: its signals have no sender.
  void pass_on(const os::SignalArrival& arrival) {
    if (limit_.is_foreground && arrival.sender_pid == 0) {
      return;
    }
    // What may not get it, or has ended meanwhile, is no failure of ours.
    static_cast<void>(child_.signal_tree(arrival.number));
  }

  /// Stops the command's tree, and every orphan that comes to us meanwhile, until none is left.
  Result<> stop() {
    branches_.emplace_back(
        process::ProcessTree::Root{.pidfd = &child_.pidfd(),
                                   .pid = child_.pid(),
                                   .group = limit_.is_foreground
                                                ? process::OwnGroup::none
                                                : process::OwnGroup::process_group},
        limit_.ladder);
    while (true) {
      const bool has_adopted = adopt();
      const auto next = TEND_TRY(step_all(os::monotonic_now()));
      if (next) {
        static_cast<void>(TEND_TRY(wait(nullptr, next)));
      } else if (!has_adopted) {
        reap_orphans();
        return {};
      }
    }
  }

  /// Whoever is their parent after us may never do it.
  void reap_orphans() {
    for (const Branch& branch : branches_) {
      if (branch.orphan) {
        static_cast<void>(os::reap(branch.orphan, os::Waiting::no));
      }
    }
  }

  /// Does what is due; when to look again, unless all are gone.
  Result<std::optional<os::Instant>> step_all(os::Instant now) {
    std::optional<os::Instant> next;
    for (Branch& branch : branches_) {
      if (!TEND_TRY(branch.stop.step(branch.tree, now))) {
        next = std::min(next.value_or(os::Instant::max()), branch.stop.next(now));
      }
    }
    return next;
  }

  /// Takes in the orphans that have come to us; whether there was one.
  bool adopt() {
    bool has_adopted = false;
    for (const std::int32_t pid : own_children()) {
      if (!known_.insert(pid).second) {
        continue;
      }
      has_adopted = true;
      // Nobody but us reaps it, so the pid is still its own.
      if (auto pidfd = os::open_pidfd(pid)) {
        branches_.emplace_back(*std::move(pidfd), pid, limit_.ladder);
      }
    }
    return has_adopted;
  }

  Child child_;
  os::Fd signals_;
  const TimeLimit& limit_;
  std::set<std::int32_t> known_;  ///< Children that are not ours to stop, or are being stopped.
  std::list<Branch> branches_{};
};

}  // namespace

Result<TimedEnd> run_within(tend::Command command, const TimeLimit& limit) {
  std::set<std::int32_t> strangers = own_children();  // Of whoever was here before the exec.
  TEND_TRY(os::become_subreaper());
  os::Fd signals =
      TEND_TRY(os::open_signalfd({SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}));
  if (!limit.is_foreground) {
    command.new_group();
  }
  command.die_with_parent(SIGKILL).on_drop(Drop::kill);
  Child child = TEND_TRY(command.spawn());
  return TimedRun(std::move(child), std::move(signals), limit, std::move(strangers)).run();
}

}  // namespace tend::cli
