#pragma once
// Everything around one service that is not the service's state: its processes as the kernel sees
// them, the slot and the report in the state file, the clock, and what the director's shell
// watches. It changes only by moves, and objects when an action makes no sense.

#include <cstdint>
#include <string>

#include "service/director/service_state.hpp"

namespace tend::service::test {

inline constexpr std::int64_t second = 1'000'000'000;

/// The leader's process.
enum class Child : std::uint8_t {
  none,     ///< There is none, or its end was acknowledged and the keeper has reaped it.
  born,     ///< Cloned; its program is not executed yet.
  running,  ///< Its program runs.
  broken,  ///< A step before exec failed; the slot says which. The keeper has not seen the end yet.
  zombie,  ///< It ended, and the keeper's report is there.
};

/// Whatever can happen. Each is one letter of the sequences that the walker plays.
enum class Move : std::uint8_t {
  // The world moves by itself; the director does not know yet.
  program_is_executed,
  a_step_before_exec_fails,
  killed_before_exec,
  exits_with_0,
  exits_with_1,
  exits_with_0_leaving_children,
  exits_with_1_leaving_children,
  keeper_reports_the_failed_start,
  leftovers_end,
  requirements_come_or_go,
  a_second_passes,
  a_healthy_time_passes,
  // The director is told.
  tell_spawned,
  tell_spawn_failed,
  tell_ready,
  tell_reloading,
  tell_extend,
  tell_ended,
  tell_tree_gone,
  tell_requirements_met,
  tell_deadline,
  // Somebody wishes.
  start,
  stop,
  restart,
  hurry,
  dependency_restarted,
  // The director is killed while it is idle, and a new one resumes.
  director_dies,
};
inline constexpr int move_count = 27;

[[nodiscard]] const char* word(Move move) noexcept;

struct World {
  std::int64_t now_ns = second;
  std::uint32_t last_run = 0;  ///< The project's counter of runs.
  std::uint32_t slot_run = 0;  ///< The run that ChildSlot and ExitReport speak of.
  Child child = Child::none;
  Outcome outcome{};             ///< Of the zombie.
  bool slot_failed = false;      ///< The slot shows a failed step.
  bool has_leftovers = false;    ///< Processes of the run live that are not the leader.
  bool got_last_signal = false;  ///< The strongest signal of the ladder was sent to this run.
  bool is_met = true;            ///< The requirements are there.
  bool watches_ready = false;
  bool watches_tree = false;
  bool must_feed = false;  ///< A new director has found an end, and tells of it before all else.

  [[nodiscard]] bool has_process() const noexcept {
    return child == Child::born || child == Child::running;
  }
};

struct Position {
  ServiceState state{};
  World world{};
};

[[nodiscard]] bool is_possible(const Position& position, Move move, const Policy& policy);

/// Is it an event for step(), rather than a change of the world that nobody has noticed?
[[nodiscard]] bool is_event(Move move) noexcept;

/// The world after `move`: for an event, as it is when the director notices.
[[nodiscard]] World moved(const Position& position, Move move, const Policy& policy);

[[nodiscard]] Event event_of(const Position& position, Move move);

/// Performs an action; returns what is wrong with it, or nothing.
[[nodiscard]] std::string perform(World& world, const Action& action, const ServiceState& state,
                                  const Policy& policy);

/// What a new director sees.
[[nodiscard]] Found found_in(const World& world, const ServiceState& state);

}  // namespace tend::service::test
