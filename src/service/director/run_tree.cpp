#include "service/director/run_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/try.hpp"
#include "os/procfs.hpp"

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

}  // namespace

/// The children of a process. One that has ended has none; without /proc nobody can say, and the
/// process group must do.
Result<Pids> RunTrees::children_now(std::int32_t pid) const {
  auto children = world_.children_of(pid);
  if (!children && os::is_gone(children.error())) {
    return Pids{};
  }
  return children;
}

/// Nothing: it is gone.
Result<std::optional<os::ProcStat>> RunTrees::stat_now(std::int32_t pid) const {
  auto stat = world_.stat_of(pid);
  if (!stat && !os::is_gone(stat.error())) {
    return std::unexpected(stat.error());
  }
  return stat ? std::optional(*std::move(stat)) : std::nullopt;
}

Result<bool> RunTrees::is_living(std::int32_t pid) const {
  const auto stat = TEND_TRY(stat_now(pid));
  return stat && !stat->is_zombie();
}

/// `roots` and all their descendants.
Result<Pids> RunTrees::with_descendants(Pids roots) const {
  for (std::size_t i = 0; i < roots.size() && roots.size() < members_max; ++i) {
    for (const std::int32_t child : TEND_TRY(children_now(roots[i]))) {
      if (!contains(roots, child)) {
        roots.push_back(child);
      }
    }
  }
  return roots;
}

bool RunTrees::send(const os::Fd& process, int signal) const {
  if (!world_.send_signal(process, signal)) {
    return false;
  }
  if (signal != SIGKILL && signal != SIGSTOP && signal != SIGCONT) {
    static_cast<void>(world_.send_signal(process, SIGCONT));
  }
  return true;
}

void RunTrees::forget_group(const std::string& service) const {
  if (world_.has_groups()) {
    world_.remove_group(service);
  }
}

Result<Pids> RunTrees::in_group(const TreeOfRun& tree) const {
  if (!TEND_TRY(world_.is_group_populated(tree.service))) {
    return Pids{};
  }
  // Zombies are not listed in a group, so whoever is listed lived a moment ago.
  Pids found = TEND_TRY(world_.group_members(tree.service));
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

Result<bool> RunTrees::is_marked(std::int32_t pid, std::uint32_t run) const {
  return world_.carries_mark(pid, {.token = marks_.token, .run = run});
}

/// Somebody below the keeper, without the mark of this run: another's, or of this one and ended
/// before it could be read. Then its children are seen at the next look only.
Result<> RunTrees::see_unmarked(std::int32_t pid, Look& look) const {
  const auto stat = TEND_TRY(stat_now(pid));
  if (!stat) {
    look.has_lost_sight = true;
  } else if (stat->is_zombie()) {
    look.seen.push_back({.pid = pid, .start_ticks = stat->start_ticks});
  }
  return {};
}

Result<> RunTrees::see_member(const TreeOfRun& tree, std::int32_t pid, Look& look) const {
  const auto stat = TEND_TRY(stat_now(pid));
  if (!stat) {
    look.has_lost_sight = true;
    return {};
  }
  look.seen.push_back({.pid = pid, .start_ticks = stat->start_ticks});
  if (pid != tree.leader_pid && !stat->is_zombie()) {
    look.living.push_back(pid);
  }
  return {};
}

Result<RunTrees::Look> RunTrees::look(const TreeOfRun& tree) const {
  Look look;
  Pids roots;
  const Pids orphans =
      TEND_TRY(tree.is_adopted ? world_.all_pids() : children_now(marks_.keeper_pid));
  for (const std::int32_t pid : orphans) {
    if (TEND_TRY(is_marked(pid, tree.run))) {
      roots.push_back(pid);
    } else if (!tree.is_adopted) {
      TEND_TRY(see_unmarked(pid, look));
    }
  }
  if (tree.is_leader_unreaped() && !contains(roots, tree.leader_pid)) {
    roots.push_back(tree.leader_pid);
  }
  for (const std::int32_t pid : TEND_TRY(with_descendants(std::move(roots)))) {
    TEND_TRY(see_member(tree, pid, look));
  }
  return look;
}

/// A process that forks and ends can slip through one look at all of /proc: nobody is left only
/// when two looks see the same dead.
Result<Pids> RunTrees::by_ancestry_and_mark(const TreeOfRun& tree) const {
  std::vector<Sighting> before;
  for (int round = 0; round < looks_max; ++round) {
    Look now = TEND_TRY(look(tree));
    if (!now.living.empty() || (round > 0 && !now.has_lost_sight && now.seen == before)) {
      return std::move(now.living);
    }
    before = std::move(now.seen);
  }
  return failed("look at", "the processes of " + tree.service, EAGAIN);
}

Result<Pids> RunTrees::others(const TreeOfRun& tree) const {
  return world_.has_groups() ? in_group(tree) : by_ancestry_and_mark(tree);
}

Result<> RunTrees::signal_leader_group(std::int32_t leader, int signal) const {
  // One call for the whole group: nobody is born between a look and a signal.
  if (world_.signal_group(leader, signal)) {
    static_cast<void>(world_.signal_group(leader, SIGCONT));
    return {};
  }
  // It was cloned just now, and has not come to make its group.
  const auto process = world_.open_process(leader);
  if (process) {
    static_cast<void>(send(*process, signal));
  }
  return process || process.error().code == ESRCH ? Result<>{} : std::unexpected(process.error());
}

Result<> RunTrees::signal_all(const TreeOfRun& tree, int signal) const {
  if (signal == SIGKILL && world_.has_groups() && world_.kill_group(tree.service)) {
    return {};
  }
  if (tree.is_leader_unreaped() && !tree.is_adopted) {
    TEND_TRY(signal_leader_group(tree.leader_pid, signal));
  }
  Pids reached;
  for (int round = 0; round < rounds_max; ++round) {
    if (TEND_TRY(signal_others(tree, signal, reached)) || signal != SIGKILL) {
      return {};
    }
  }
  return failed("signal", "all processes of " + tree.service, EAGAIN);
}

/// Signals all, and notes them in `reached`. Whether they were there already: whoever is new, or
/// ended before the signal came, may have left a child that nobody saw.
Result<bool> RunTrees::signal_others(const TreeOfRun& tree, int signal, Pids& reached) const {
  bool were_all_reached = true;
  for (const std::int32_t pid : TEND_TRY(others(tree))) {
    const bool was_reached = contains(reached, pid);
    were_all_reached = were_all_reached && was_reached;
    const auto process = world_.open_process(pid);
    if (!process && process.error().code != ESRCH) {
      return std::unexpected(process.error());
    }
    // The pid may have changed hands between the look and the open: look again.
    const bool is_reached = process && TEND_TRY(is_member(tree, pid)) && send(*process, signal);
    if (is_reached && !was_reached) {
      reached.push_back(pid);
    }
  }
  return were_all_reached;
}

Result<std::vector<os::Fd>> RunTrees::open_others(const TreeOfRun& tree,
                                                  std::size_t count_max) const {
  for (int round = 0; round < looks_max; ++round) {
    const Pids pids = TEND_TRY(others(tree));
    std::vector<os::Fd> opened;
    for (std::size_t i = 0; i < pids.size() && opened.size() < count_max; ++i) {
      auto pidfd = world_.open_process(pids[i]);
      if (pidfd && TEND_TRY(is_member(tree, pids[i]))) {
        opened.push_back(*std::move(pidfd));
      } else if (!pidfd && pidfd.error().code != ESRCH) {
        return std::unexpected(pidfd.error());
      }
    }
    // Those who were there and have ended since may have left a child.
    if (!opened.empty() || pids.empty()) {
      return opened;
    }
  }
  return failed("look at", "the processes of " + tree.service, EAGAIN);
}

Pids RunTrees::unclaimed(const Pids& known) const {
  Pids orphans = children_now(marks_.keeper_pid).value_or(Pids{});
  std::erase_if(orphans, [&](std::int32_t pid) {
    if (contains(known, pid) || !is_living(pid).value_or(false)) {
      return true;
    }
    return world_.carries_mark_of_project(pid, marks_.token);
  });
  return orphans;
}

Result<bool> RunTrees::is_member(const TreeOfRun& tree, std::int32_t pid) const {
  if (pid == tree.leader_pid) {
    return true;
  }
  if (world_.has_groups() && contains(TEND_TRY(world_.group_members(tree.service)), pid)) {
    return true;
  }
  if (TEND_TRY(is_marked(pid, tree.run))) {
    return true;
  }
  // A descendant that changed its own limits and environment: up through its parents.
  constexpr int depth_max = 64;
  std::int32_t ancestor = pid;
  for (int depth = 0; depth < depth_max && ancestor > 1; ++depth) {
    const auto stat = world_.stat_of(ancestor);
    if (!stat && !os::is_gone(stat.error())) {
      return std::unexpected(stat.error());
    }
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
