#include "service/director/run_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/pidfd.hpp"
#include "os/process_group.hpp"
#include "os/procfs.hpp"
#include "service/leader.hpp"
#include "service/state_table.hpp"

namespace tend::service {

namespace {

using Pids = RunTrees::Pids;

/// A tree that is larger than this is dealt with in parts: the next look finds the rest.
constexpr std::size_t members_max = 100'000;

/// A tree that forks while it is being killed is hunted this often in one go.
constexpr int rounds_max = 16;

/// Looks at a tree that changes while it is looked at.
constexpr int looks_max = 64;

bool contains(const Pids& pids, std::int32_t pid) {
  return std::ranges::find(pids, pid) != pids.end();
}

/// The children of a process. One that has ended has none; without /proc nobody can say, and the
/// process group must do.
Result<Pids> children_now(std::int32_t pid) {
  auto children = os::children_of(pid);
  if (!children && os::is_gone(children.error())) {
    return Pids{};
  }
  return children;
}

Result<bool> is_living(std::int32_t pid) {
  const auto stat = os::read_proc_stat(pid);
  if (!stat) {
    return os::is_gone(stat.error()) ? Result<bool>(false) : std::unexpected(stat.error());
  }
  return !stat->is_zombie();
}

/// `roots` and all their descendants.
Result<Pids> with_descendants(Pids roots) {
  for (std::size_t i = 0; i < roots.size() && roots.size() < members_max; ++i) {
    for (const std::int32_t child : TEND_TRY(children_now(roots[i]))) {
      if (!contains(roots, child)) {
        roots.push_back(child);
      }
    }
  }
  return roots;
}

/// Those of `pids` that live, without the leader.
Result<Pids> living_of(const Pids& pids, std::int32_t leader) {
  Pids living;
  for (const std::int32_t pid : pids) {
    const bool is_one = pid != leader && TEND_TRY(is_living(pid));
    if (is_one) {
      living.push_back(pid);
    }
  }
  return living;
}

bool send(const os::Fd& pidfd, int signal) {
  if (!os::send_signal(pidfd, signal)) {
    return false;
  }
  if (signal != SIGKILL && signal != SIGSTOP && signal != SIGCONT) {
    static_cast<void>(os::send_signal(pidfd, SIGCONT));
  }
  return true;
}

}  // namespace

std::string project_group_name(const std::string& project, std::uint32_t token) {
  return text::format("tend-{}-{:08x}", project, token);
}

Result<std::optional<os::Cgroup>> RunTrees::fresh_group(const std::string& service) const {
  if (!groups_) {
    return std::nullopt;
  }
  forget_group(service);
  return TEND_TRY(groups_->make_child(service));
}

void RunTrees::forget_group(const std::string& service) const {
  if (groups_) {
    static_cast<void>(groups_->remove_child(service));
  }
}

Result<Pids> RunTrees::in_group(const TreeOfRun& tree) const {
  const os::Cgroup group = TEND_TRY(groups_->make_child(tree.service));
  if (!TEND_TRY(group.is_populated())) {
    return Pids{};
  }
  // Zombies are not listed in a group, so whoever is listed lived a moment ago.
  Pids found = TEND_TRY(group.processes());
  const std::size_t listed = found.size();
  // What a service moved into groups of its own below is found through its ancestors.
  found = TEND_TRY(with_descendants(std::move(found)));
  Pids living;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] != tree.leader_pid && (i < listed || TEND_TRY(is_living(found[i])))) {
      living.push_back(found[i]);
    }
  }
  if (living.empty() && !contains(found, tree.leader_pid)) {
    // Somebody lives here, and was born too late for the list.
    return failed("look at", "the processes of " + tree.service, EAGAIN);
  }
  return living;
}

bool RunTrees::is_marked(std::int32_t pid, std::uint32_t run) const {
  return carries_mark(pid, marks_.token, run);
}

Result<RunTrees::Look> RunTrees::look(const TreeOfRun& tree) const {
  Look look;
  Pids roots;
  const Pids orphans = TEND_TRY(tree.is_adopted ? os::all_pids() : children_now(marks_.keeper_pid));
  for (const std::int32_t pid : orphans) {
    if (is_marked(pid, tree.run)) {
      roots.push_back(pid);
    } else if (!tree.is_adopted && !os::read_proc_stat(pid)) {
      look.has_lost_sight = true;  // It ended before its mark was read; it may have left a child.
    }
  }
  if (tree.is_leader_unreaped() && !contains(roots, tree.leader_pid)) {
    roots.push_back(tree.leader_pid);
  }
  look.found = TEND_TRY(with_descendants(std::move(roots)));
  return look;
}

/// A process that forks and ends can slip through one look at all of /proc: nobody is left only
/// when two looks agree on that.
Result<Pids> RunTrees::by_ancestry_and_mark(const TreeOfRun& tree) const {
  Pids before;
  for (int round = 0; round < looks_max; ++round) {
    Look now = TEND_TRY(look(tree));
    Pids living = TEND_TRY(living_of(now.found, tree.leader_pid));
    if (!living.empty() || (round > 0 && !now.has_lost_sight && now.found == before)) {
      return living;
    }
    before = std::move(now.found);
  }
  return failed("look at", "the processes of " + tree.service, EAGAIN);
}

Result<Pids> RunTrees::others(const TreeOfRun& tree) const {
  return groups_ ? in_group(tree) : by_ancestry_and_mark(tree);
}

bool RunTrees::kill_group(const TreeOfRun& tree) const {
  if (!groups_) {
    return false;
  }
  const auto group = groups_->make_child(tree.service);
  return group && group->kill();
}

void RunTrees::signal_all(const TreeOfRun& tree, int signal) const {
  if (signal == SIGKILL && kill_group(tree)) {
    return;
  }
  if (tree.is_leader_unreaped() && !tree.is_adopted) {
    // One call for the whole group: nobody is born between a look and a signal.
    static_cast<void>(os::signal_process_group(tree.leader_pid, signal));
    static_cast<void>(os::signal_process_group(tree.leader_pid, SIGCONT));
  }
  Pids reached;
  for (int round = 0; round < rounds_max; ++round) {
    const std::size_t before = reached.size();
    for (const std::int32_t pid : others(tree).value_or(Pids{})) {
      const auto pidfd = contains(reached, pid) ? Result<os::Fd>(os::Fd()) : os::open_pidfd(pid);
      // The pid may have changed hands between the look and the open: look again.
      if (pidfd && pidfd->is_open() && is_member(tree, pid) && send(*pidfd, signal)) {
        reached.push_back(pid);
      }
    }
    if (reached.size() == before || signal != SIGKILL) {
      return;
    }
  }
}

Result<std::vector<os::Fd>> RunTrees::open_others(const TreeOfRun& tree,
                                                  std::size_t count_max) const {
  std::vector<os::Fd> opened;
  for (const std::int32_t pid : TEND_TRY(others(tree))) {
    if (opened.size() == count_max) {
      break;
    }
    auto pidfd = os::open_pidfd(pid);
    if (pidfd && is_member(tree, pid)) {
      opened.push_back(*std::move(pidfd));
    } else if (!pidfd && pidfd.error().code != ESRCH) {
      return std::unexpected(pidfd.error());
    }
  }
  return opened;
}

Pids RunTrees::unclaimed(const Pids& known) const {
  Pids orphans = children_now(marks_.keeper_pid).value_or(Pids{});
  std::erase_if(orphans, [&](std::int32_t pid) {
    if (contains(known, pid) || !is_living(pid).value_or(false)) {
      return true;
    }
    const auto limit = os::locks_limit_of(pid);
    return limit && limit->hard >> 32U == mark_of(marks_.token, 0) >> 32U;
  });
  return orphans;
}

bool RunTrees::is_member(const TreeOfRun& tree, std::int32_t pid) const {
  if (pid == tree.leader_pid) {
    return true;
  }
  if (groups_) {
    const auto group = groups_->make_child(tree.service);
    const auto processes = group ? group->processes() : Result<Pids>{};
    if (processes && contains(*processes, pid)) {
      return true;
    }
  }
  if (is_marked(pid, tree.run)) {
    return true;
  }
  // A descendant that changed its own limits and environment: up through its parents.
  constexpr int depth_max = 64;
  std::int32_t ancestor = pid;
  for (int depth = 0; depth < depth_max && ancestor > 1; ++depth) {
    const auto stat = os::read_proc_stat(ancestor);
    if (!stat || ancestor == marks_.keeper_pid) {
      return false;
    }
    if (ancestor == tree.leader_pid) {
      return true;
    }
    ancestor = stat->parent;
  }
  return false;
}

}  // namespace tend::service
