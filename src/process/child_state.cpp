#include "process/child_state.hpp"

#include <cerrno>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "os/pidfd.hpp"
#include "os/reaper.hpp"
#include "process/tree_stop.hpp"

namespace tend {

namespace {

constexpr int signal_kill = 9;

}  // namespace

Child::State::~State() {
  if (is_reaped() || !parts_.process.pidfd) {
    return;
  }
  if (parts_.drop == Drop::kill) {
    process::ProcessTree all = tree();
    static_cast<void>(all.signal(signal_kill));
  }
  os::reap_in_background(std::move(parts_.process.pidfd));
}

std::unexpected<Error> Child::State::lost() const {
  return std::unexpected(Error{.step = "wait",
                               .subject = parts_.program,
                               .code = ECHILD,
                               .detail = "status lost: somebody else reaped the child"});
}

Result<ExitStatus> Child::State::wait() {
  const std::lock_guard only_one(reaping_);
  if (status_) {
    return *status_;
  }
  if (is_lost_) {
    return lost();
  }
  const auto reaped = os::reap(parts_.process.pidfd, os::Waiting::yes);
  if (!reaped && reaped.error().code != ECHILD) {
    return std::unexpected(reaped.error());
  }
  if (reaped) {
    status_ = (*reaped)->status;
    const std::lock_guard lock(usage_mutex_);
    usage_ = (*reaped)->usage;
  } else {
    status_ = os::exit_status_of(parts_.process.pidfd);
  }
  is_lost_ = !status_;
  return is_lost_ ? Result<ExitStatus>(lost()) : *status_;
}

bool Child::State::is_waited_for() {
  const std::unique_lock lock(reaping_, std::try_to_lock);
  return lock.owns_lock() && is_reaped();
}

std::optional<Usage> Child::State::usage() {
  const std::lock_guard lock(usage_mutex_);
  return usage_;
}

Result<> Child::State::signal(int number) {
  auto sent = os::send_signal(parts_.process.pidfd, number);
  if (!sent && sent.error().code == ESRCH) {
    return {};
  }
  if (!sent) {
    sent.error().subject = parts_.program;
  }
  return sent;
}

process::ProcessTree Child::State::tree() const {
  return process::ProcessTree({.pidfd = &parts_.process.pidfd,
                               .pid = parts_.process.pid,
                               .group = parts_.group,
                               .cgroup = parts_.cgroup ? &*parts_.cgroup : nullptr});
}

Result<TreeMeans> Child::State::stop_tree(const StopLadder& ladder) {
  process::ProcessTree all = tree();
  TEND_TRY(process::stop_all(std::span(&all, 1), ladder, parts_.program));
  return all.means();
}

}  // namespace tend
