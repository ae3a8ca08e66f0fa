#include "process/tree.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/pidfd.hpp"
#include "os/poll.hpp"
#include "os/process_group.hpp"
#include "os/procfs.hpp"
#include "process/send_signal.hpp"

namespace tend::process {

namespace {

constexpr int signal_kill = 9;
constexpr int signal_continue = 18;
constexpr int signal_stop = 19;
constexpr int looks_max = 64;  // Against a tree that grows faster than we can look.
constexpr std::chrono::milliseconds slice{5};

/// The pid still belongs to the process of the pidfd: running or zombie, not reaped. That we may
/// not signal it is an answer too.
bool is_unreaped(const Fd& pidfd) {
  const auto asked = os::send_signal(pidfd, 0);
  return asked || asked.error().code != ESRCH;
}

bool has_ended(const Fd& pidfd) {
  const auto exited = os::has_exited(pidfd);
  return exited && *exited;
}

}  // namespace

TreeMeans ProcessTree::means() const {
  if (root_.cgroup != nullptr) {
    return TreeMeans::cgroup;
  }
  return root_.group != OwnGroup::none ? TreeMeans::group : TreeMeans::walk;
}

/// Opens a pidfd first and then looks whether it is a process that was meant: the pid may have got
/// a new owner between the list and the open.
bool ProcessTree::add_if(std::int32_t pid, const Belongs& belongs) {
  if (pid == root_.pid || members_.contains(pid) || pid == os::own_pid()) {
    return false;
  }
  auto pidfd = os::open_pidfd(pid);
  const auto stat = os::read_proc_stat(pid);
  if (!stat || stat->is_zombie() || !belongs(*stat)) {
    return false;
  }
  if (!pidfd) {
    if (pidfd.error().code != ESRCH) {
      unheld_ = std::move(pidfd).error();
    }
    return false;
  }
  if (!is_unreaped(*pidfd)) {
    return false;
  }
  members_.emplace(pid, *std::move(pidfd));
  return true;
}

bool ProcessTree::add_children(std::int32_t pid, const Fd& pidfd) {
  const auto children = os::children_of(pid);
  if (!children) {
    return false;
  }
  // Asked last: as long as the parent is not reaped, its pid means it and nobody else.
  const auto belongs = [&](const os::ProcStat& stat) {
    return stat.parent == pid && is_unreaped(pidfd);
  };
  bool has_added = false;
  for (const std::int32_t child : *children) {
    has_added = add_if(child, belongs) || has_added;
  }
  return has_added;
}

/// Whether the root's pid, as the number of a group and session, still means those that it made: it
/// cannot be reused as long as the root is not reaped, or anybody is in its group.
bool ProcessTree::owns_group_number() const {
  return is_unreaped(*root_.pidfd) || os::signal_process_group(*root_.pidfd, 0).has_value();
}

/// Also finds those whose parents have ended.
bool ProcessTree::add_group_members() {
  if (root_.group == OwnGroup::none || !owns_group_number()) {
    return false;
  }
  const auto pids = os::all_pids();
  if (!pids) {
    return false;
  }
  const auto belongs = [this](const os::ProcStat& stat) {
    return (stat.group == root_.pid ||
            (root_.group == OwnGroup::session && stat.session == root_.pid)) &&
           owns_group_number();
  };
  bool has_added = false;
  for (const std::int32_t pid : *pids) {
    const auto stat = os::read_proc_stat(pid);
    if (stat && belongs(*stat)) {
      has_added = add_if(pid, belongs) || has_added;
    }
  }
  return has_added;
}

bool ProcessTree::add_cgroup_members() {
  if (root_.cgroup == nullptr) {
    return false;
  }
  const auto pids = root_.cgroup->processes();
  if (!pids) {
    return false;
  }
  const auto belongs = [this](const os::ProcStat& stat) {
    const auto now = root_.cgroup->processes();
    return now && std::ranges::find(*now, stat.pid) != now->end();
  };
  bool has_added = false;
  for (const std::int32_t pid : *pids) {
    has_added = add_if(pid, belongs) || has_added;
  }
  return has_added;
}

Result<bool> ProcessTree::look_once() {
  std::erase_if(members_, [](const auto& member) { return has_ended(member.second); });
  unheld_.reset();
  bool has_added = add_cgroup_members();
  has_added = add_group_members() || has_added;
  has_added = add_children(root_.pid, *root_.pidfd) || has_added;
  std::vector<std::int32_t> pids;
  for (const auto& [pid, pidfd] : members_) {
    pids.push_back(pid);
  }
  for (const std::int32_t pid : pids) {
    has_added = add_children(pid, members_.at(pid)) || has_added;
  }
  return has_added;
}

Result<> ProcessTree::look() {
  for (int count = 0; count < looks_max; ++count) {
    if (!TEND_TRY(look_once())) {
      return {};
    }
  }
  return {};
}

Result<bool> ProcessTree::send(int number) {
  // The group in one call of the kernel's, which also reaches who is being born, and succeeds if
  // one of them may be signalled: the others are found by asking. No such call: all of them one by
  // one.
  const bool group_has_it =
      root_.group != OwnGroup::none && os::signal_process_group(*root_.pidfd, number).has_value();
  const auto number_for = [&](std::int32_t pid) {
    const auto stat = group_has_it ? os::read_proc_stat(pid) : std::unexpected(Error{});
    return stat && stat->group == root_.pid ? 0 : number;
  };
  bool has_reached = group_has_it;
  std::optional<Error> refusal;
  const auto note = [&](const Result<>& sent) {
    has_reached = has_reached || sent.has_value();
    if (!sent && sent.error().code != ESRCH && !refusal) {
      refusal = sent.error();  // It has changed its user, say. The others get it all the same.
    }
  };
  // The root first: a shell whose command ends would go on with the next line.
  note(send_signal(*root_.pidfd, root_.pid, number_for(root_.pid)));
  for (const auto& [pid, pidfd] : members_) {
    note(send_signal(pidfd, pid, number_for(pid)));
  }
  if (unheld_ && !group_has_it) {
    note(send_to_unheld(number));
  }
  if (refusal) {
    return std::unexpected(*std::move(refusal));
  }
  return has_reached;
}

/// Members that no pidfd could be had for: a sandbox refuses it, or we are out of descriptors.
Result<> ProcessTree::send_to_unheld(int number) {
  if (root_.group == OwnGroup::none || !is_unreaped(*root_.pidfd)) {
    return std::unexpected(*unheld_);
  }
  return os::signal_process_group(root_.pid, number);
}

Result<bool> ProcessTree::signal(int number) {
  if (root_.cgroup != nullptr && number == signal_kill && root_.cgroup->kill()) {
    return true;
  }
  TEND_TRY(look());
  const bool has_reached = TEND_TRY(send(number));
  if (number != signal_kill && number != signal_stop && number != signal_continue) {
    TEND_TRY(send(signal_continue));
  }
  return has_reached;
}

Result<bool> ProcessTree::is_gone() {
  if (!has_ended(*root_.pidfd)) {
    return false;
  }
  if (root_.cgroup != nullptr) {
    const auto populated = root_.cgroup->is_populated();
    if (populated && *populated) {
      return false;
    }
  }
  TEND_TRY(look());
  return !unheld_ &&
         std::ranges::all_of(members_, [](const auto& member) { return has_ended(member.second); });
}

Result<bool> ProcessTree::wait_gone(os::Instant deadline) {
  while (!TEND_TRY(is_gone())) {
    const os::Instant now = os::monotonic_now();
    if (now >= deadline) {
      return false;
    }
    // Whichever member ends first; in slices, because new ones can appear.
    const Fd* awaited = root_.pidfd;
    if (has_ended(*awaited)) {
      const auto living = std::ranges::find_if(
          members_, [](const auto& member) { return !has_ended(member.second); });
      awaited = living != members_.end() ? &living->second : nullptr;
    }
    os::PollEntry entry{.fd = awaited};
    const std::size_t count = awaited == nullptr ? 0 : 1;
    static_cast<void>(
        TEND_TRY(os::poll_any(std::span(&entry, count), std::min(deadline, now + slice))));
  }
  return true;
}

}  // namespace tend::process
