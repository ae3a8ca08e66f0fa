#pragma once
// The whole tree of one run: leader, children, and whatever detached itself from them. Found by
// cgroup where there is one, else by ancestry and by the mark that every descendant inherits.
// Processes are signalled through pidfds, and only after it is certain that they belong.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/cgroup.hpp"
#include "os/fd.hpp"

namespace tend::service {

/// The cgroup of a project, which holds one for each of its services.
[[nodiscard]] std::string project_group_name(const std::string& project, std::uint32_t token);

/// What tells our processes from everybody else's.
struct TreeMarks {
  std::uint32_t token = 0;      ///< StateHeader::mark_token.
  std::int32_t keeper_pid = 0;  ///< Orphans of all runs end under it.
};

/// One run of a service, as of now.
struct TreeOfRun {
  const std::string& service;
  std::uint32_t run = 0;
  std::int32_t leader_pid = 0;  ///< 0: reaped, or about to be; its pid may be a stranger's.
  /// Born under a keeper that is dead: its orphans are anywhere, and nobody keeps its leader's pid
  /// from being given away, so there are no signals by number.
  bool is_adopted = false;

  /// The pid and the process group are the leader's for certain.
  [[nodiscard]] bool is_leader_unreaped() const noexcept { return leader_pid > 0; }
};

class RunTrees {
 public:
  using Pids = std::vector<std::int32_t>;

  /// `groups`: where a cgroup per service can be made; absent: ancestry and mark.
  RunTrees(TreeMarks marks, std::optional<os::Cgroup> groups)
      : marks_(marks), groups_(std::move(groups)) {}

  [[nodiscard]] bool has_cgroups() const noexcept { return groups_.has_value(); }

  /// The words of `tree` in status.
  [[nodiscard]] const char* means() const noexcept {
    return has_cgroups() ? "cgroup" : "ancestry and mark";
  }

  /// The cgroup in which the next run of the service is to be born. Nothing: there are no cgroups.
  /// An empty one from before is made anew: once cgroup.kill was used on it, Linux 6.18 kills
  /// everything that clone3 puts into it (it compares the kill sequence of the parent's group).
  [[nodiscard]] Result<std::optional<os::Cgroup>> fresh_group(const std::string& service) const;

  /// Removes the service's cgroup if it is empty.
  void forget_group(const std::string& service) const;

  /// The living processes of the run besides its leader. An error (descriptors or memory have run
  /// out) means that nobody knows: it must not be taken for "none".
  [[nodiscard]] Result<Pids> others(const TreeOfRun& tree) const;

  /// Sends the signal to all of the tree, the leader included, and SIGCONT after it, because a
  /// stopped process acts on nothing else.
  void signal_all(const TreeOfRun& tree, int signal) const;

  /// pidfds of the living besides the leader, to be told of their ends; at most `count_max`.
  [[nodiscard]] Result<std::vector<os::Fd>> open_others(const TreeOfRun& tree,
                                                        std::size_t count_max) const;

  /// Children of the keeper that carry no mark of a run and are not in `known`: they belong to
  /// nobody.
  [[nodiscard]] Pids unclaimed(const Pids& known) const;

  /// Whether `pid` belongs to the run.
  [[nodiscard]] bool is_member(const TreeOfRun& tree, std::int32_t pid) const;

 private:
  [[nodiscard]] bool is_marked(std::int32_t pid, std::uint32_t run) const;
  [[nodiscard]] Result<Pids> in_group(const TreeOfRun& tree) const;
  /// One look at the tree.
  struct Look {
    Pids found{};
    bool has_lost_sight = false;
  };
  [[nodiscard]] Result<Look> look(const TreeOfRun& tree) const;
  [[nodiscard]] Result<Pids> by_ancestry_and_mark(const TreeOfRun& tree) const;
  [[nodiscard]] bool kill_group(const TreeOfRun& tree) const;

  TreeMarks marks_;
  std::optional<os::Cgroup> groups_;
};

}  // namespace tend::service
