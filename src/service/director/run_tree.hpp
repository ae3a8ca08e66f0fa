#pragma once
// The whole tree of one run: leader, children, and whatever detached itself from them. Found by
// cgroup where there is one, else by ancestry and by the mark that every descendant inherits.
// Processes are signalled through pidfds, and only after it is certain that they belong.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "os/proc_text.hpp"
#include "service/director/world.hpp"

namespace tend::service {

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
  using Pids = World::Pids;

  RunTrees(World& world, TreeMarks marks) : world_(world), marks_(marks) {}

  /// The words of `tree` in status.
  [[nodiscard]] const char* means() const {
    return world_.has_groups() ? "cgroup" : "ancestry and mark";
  }

  /// Removes the service's cgroup if it is empty.
  void forget_group(const std::string& service) const;

  /// The living processes of the run besides its leader. An error (descriptors or memory have run
  /// out) means that nobody knows: it must not be taken for "none".
  [[nodiscard]] Result<Pids> others(const TreeOfRun& tree) const;

  /// Sends the signal to all of the tree, the leader included, and SIGCONT after it, because a
  /// stopped process acts on nothing else. An error: not all could be found, or opened (descriptors
  /// or memory have run out).
  Result<> signal_all(const TreeOfRun& tree, int signal) const;

  /// pidfds of the living besides the leader, to be told of their ends; at most `count_max`.
  [[nodiscard]] Result<std::vector<os::Fd>> open_others(const TreeOfRun& tree,
                                                        std::size_t count_max) const;

  /// Children of the keeper that carry no mark of a run and are not in `known`: they belong to
  /// nobody.
  [[nodiscard]] Pids unclaimed(const Pids& known) const;

  /// Whether `pid` belongs to the run. An error: nobody can say.
  [[nodiscard]] Result<bool> is_member(const TreeOfRun& tree, std::int32_t pid) const;

 private:
  [[nodiscard]] Result<bool> is_marked(std::int32_t pid, std::uint32_t run) const;
  Result<> signal_leader_group(std::int32_t leader, int signal) const;
  [[nodiscard]] Result<bool> signal_others(const TreeOfRun& tree, int signal, Pids& reached) const;
  [[nodiscard]] Result<Pids> in_group(const TreeOfRun& tree) const;
  /// A pid alone may be another's at the next look.
  struct Sighting {
    std::int32_t pid = 0;
    std::uint64_t start_ticks = 0;
    bool operator==(const Sighting&) const = default;
  };
  /// One look at the tree.
  struct Look {
    Pids living{};                 ///< Without the leader.
    std::vector<Sighting> seen{};  ///< The tree, and zombies that may have belonged to it.
    bool has_lost_sight = false;   ///< Somebody was gone before it could be looked at.
  };
  [[nodiscard]] Result<> see_unmarked(std::int32_t pid, Look& look) const;
  [[nodiscard]] Result<> see_member(const TreeOfRun& tree, std::int32_t pid, Look& look) const;
  [[nodiscard]] Result<Look> look(const TreeOfRun& tree) const;
  [[nodiscard]] Result<Pids> by_ancestry_and_mark(const TreeOfRun& tree) const;
  [[nodiscard]] Result<Pids> children_now(std::int32_t pid) const;
  [[nodiscard]] Result<std::optional<os::ProcStat>> stat_now(std::int32_t pid) const;
  [[nodiscard]] Result<bool> is_living(std::int32_t pid) const;
  [[nodiscard]] Result<Pids> with_descendants(Pids roots) const;
  [[nodiscard]] bool send(const os::Fd& process, int signal) const;

  World& world_;
  TreeMarks marks_;
};

}  // namespace tend::service
