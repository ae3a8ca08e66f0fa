#pragma once
// A machine in memory: processes that run, fork, detach themselves, ignore signals, crash, and
// whose pids are given away again as soon as the rules of the kernel allow. Each process does
// something only when it is told to move, so a schedule is a sequence of moves.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "service/world/chance.hpp"
#include "service/world/story.hpp"

namespace tend::service::world {

inline constexpr std::int32_t init_pid = 1;
inline constexpr std::uint32_t nobody = 0xffff'ffff;  ///< The service of a stranger.

enum class Life : std::uint8_t { born, running, zombie };

/// As waitid(2) tells it.
struct Death {
  std::int32_t code = 0;
  std::int32_t status = 0;

  bool operator==(const Death&) const = default;
};

struct Process {
  std::uint64_t serial = 0;  ///< Never used again, unlike the pid.
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  std::int32_t reaper = init_pid;  ///< Who inherits its orphans (PR_SET_CHILD_SUBREAPER).
  std::int32_t group = 0;
  std::int32_t session = 0;
  std::uint64_t start_ticks = 0;
  std::uint32_t service = nobody;
  std::uint32_t run = 0;
  bool is_leader = false;
  Life life = Life::running;
  bool has_executed = true;
  Death death{};
  bool ignores_polite = false;    ///< Only KILL ends it.
  bool forks_when_asked = false;  ///< Leaves one more child behind when it is asked to end.
  bool is_crasher = false;
  bool is_task = false;  ///< It ends by itself when its work is done.
  bool is_stopped = false;
  bool is_stuck = false;      ///< In a call that no signal ends ("D").
  bool is_leaving = false;    ///< It was asked to end, and will.
  bool pending_kill = false;  ///< A KILL that waits until it is not stuck.
};

/// What an ended leader is known by ever after.
struct Ended {
  std::uint64_t serial = 0;
  std::uint32_t service = 0;
  Death death{};
  bool was_keepers = false;  ///< A child of the keeper, who is told how it ended.
};

class Kernel {
 public:
  Kernel(Chance& chance, const Story& story) : chance_(chance), story_(story) {}

  // --- what the world asks ---
  [[nodiscard]] Process* find(std::int32_t pid);
  [[nodiscard]] Process* with_serial(std::uint64_t serial);
  [[nodiscard]] const std::vector<Process>& all() const { return processes_; }
  [[nodiscard]] std::vector<std::int32_t> children_of(std::int32_t pid) const;
  /// The leaders that have ended, by run.
  [[nodiscard]] const std::map<std::uint32_t, Ended>& ended() const { return ended_; }
  [[nodiscard]] bool has_living(std::uint32_t service) const;
  [[nodiscard]] bool has_living_of_run(std::uint32_t run) const;

  // --- what happens ---
  /// A process of the machine itself: keeper, director, a stranger. Nothing: no pid is free.
  Process* add(std::int32_t parent);
  /// The leader of a run, before its exec. Nothing: no pid is free (EAGAIN).
  Process* clone(std::int32_t parent, std::int32_t group, std::uint32_t service, std::uint32_t run,
                 bool is_task);
  void execute(Process& process);
  void end(std::int32_t pid, Death death);
  /// Nobody gets this pid any more.
  void reserve(std::int32_t pid) { reserved_.insert(pid); }
  /// kill -9: what it inherited, and would inherit, is init's from now on.
  void kill_keeper();
  void reap(std::int32_t pid);
  void signal(std::uint64_t serial, int number);

  /// One process that belongs to a service does something of its own. Whether anything happened.
  bool move();
  /// Strangers come and go, preferably with pids that were somebody's a moment ago.
  void churn();

  /// From here on nothing goes wrong by itself.
  void calm_down();
  /// On a calm machine: who is asked to end does so, tasks complete, calls return, and parents
  /// reap. Whether that changed anything.
  bool finish_all();
  [[nodiscard]] bool is_calm() const { return is_calm_; }

  std::int32_t keeper_pid = 0;  ///< 0: there is none.

 private:
  [[nodiscard]] std::optional<std::int32_t> free_pid();
  [[nodiscard]] bool is_in_use(std::int32_t pid) const;
  Process* fork(std::int32_t parent_pid);
  void fork_somehow(std::int32_t parent_pid);
  void move_running(std::int32_t pid);
  void reap_children_of(std::int32_t pid);

  Chance& chance_;
  const Story& story_;
  std::vector<Process> processes_{};
  std::vector<std::int32_t> freed_{};  ///< The last ones at the end.
  std::map<std::uint32_t, Ended> ended_{};
  std::set<std::int32_t> reserved_{};
  std::uint64_t last_serial_ = 0;
  std::uint64_t ticks_ = 0;
  bool is_calm_ = false;
};

}  // namespace tend::service::world
