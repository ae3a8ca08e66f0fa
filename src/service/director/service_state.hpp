#pragma once
// The life of one service as a pure function: step(state, event, policy) -> {state, actions}. It
// knows no clock, no process and no file: the director turns kernel events into Events and performs
// the Actions in order. The state is a plain record that is stored before the actions are
// performed, so a director that is killed in between is continued by the next one.
//
// docs/service-states.md holds the table, printed by a test from this function.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "service/director/restart_policy.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// The words that `tend status` shows. One deadline at most belongs to each:
///   starting      readiness timeout     stopping      end of this stop stage
///   backoff       next attempt          cooling_down  next attempt
enum class Phase : std::uint8_t {
  stopped,       ///< Not wanted, or ended for good with success.
  waiting,       ///< Wanted; what it requires is not there yet.
  starting,      ///< A run was asked for; its process may not exist yet, or is not ready yet.
  up,            ///< Running, and ready if it has a readiness means.
  reloading,     ///< Running; said RELOADING=1 and not yet READY=1.
  stopping,      ///< Signals are being sent, or leftovers of an ended run are being cleaned away.
  backoff,       ///< Ended; the next run starts at the deadline.
  cooling_down,  ///< Ended too often; the next run starts at the deadline.
  failed,        ///< Ended with failure, and the policy does not bring it back.
  done,          ///< A task that completed.
};
inline constexpr std::size_t phase_count = 10;

/// Why a run ended, or never began: the words of `reason`.
enum class Cause : std::uint8_t {
  none,
  asked,               ///< Somebody said stop.
  dependency,          ///< A requirement with restart = true was started anew.
  exited,              ///< The leader ended by itself (Outcome says how).
  not_started,         ///< A step before or at exec failed.
  not_ready,           ///< The readiness timeout passed.
  ended_before_ready,  ///< It ended while starting, though it should have become ready.
};

/// How the leader of the last run ended.
struct Outcome {
  enum class How : std::uint8_t { none, exited, killed, dumped, not_started, unknown };
  How how = How::none;
  std::int32_t value = 0;  ///< Exit code, signal number, or errno of the failed step.
  std::int32_t step = 0;   ///< not_started: which step (os::raw step number).

  [[nodiscard]] bool is_success() const noexcept { return how == How::exited && value == 0; }
  bool operator==(const Outcome&) const = default;
};

/// What is known of the leader: the first process of the current run.
enum class Leader : std::uint8_t {
  none,   ///< There is none: no run yet, or its end is known.
  asked,  ///< `spawn` was asked for, and neither spawned nor spawn_failed came.
  alive,  ///< It was started, and its end is not yet known.
};

/// Plain and trivially copyable: it lies in the mapped state file.
struct ServiceState {
  Phase phase = Phase::stopped;
  Cause cause = Cause::none;  ///< Of the last end, or of the stop that is going on.
  Leader leader = Leader::none;
  bool wanted = false;                ///< The last wish: true by start and restart, false by stop.
  std::uint8_t stop_stage = 0;        ///< stopping: index into the stop ladder.
  Phase after_stop = Phase::stopped;  ///< stopping: where to go when the tree is gone (`starting`:
                                      ///< begin anew, or wait for the requirements).
  std::uint32_t run = 0;              ///< The current or last run; 0 before the first.
  std::uint32_t restarts = 0;         ///< Runs that followed another one by policy.
  std::uint32_t attempt = 0;          ///< Restarts since the last healthy run.
  Outcome last{};                     ///< How the last ended run ended.
  std::int64_t deadline_ns = 0;       ///< 0: none.
  std::int64_t since_ns = 0;          ///< Entry into the phase.
  std::int64_t started_ns = 0;        ///< Start of the current run.
  RecentEnds ends{};                  ///< Those inside the limit window.

  /// Up, and ready if it has a readiness means.
  [[nodiscard]] bool is_ready() const noexcept {
    return phase == Phase::up || phase == Phase::reloading;
  }
  /// A process of it may exist.
  [[nodiscard]] bool is_active() const noexcept {
    return is_ready() || phase == Phase::starting || phase == Phase::stopping;
  }
  /// The last stop stage has passed, and the tree still lives.
  [[nodiscard]] bool is_stuck() const noexcept {
    return phase == Phase::stopping && leader != Leader::asked && deadline_ns == 0;
  }

  bool operator==(const ServiceState&) const = default;
};
static_assert(std::is_trivially_copyable_v<ServiceState>);
static_assert(sizeof(ServiceState) <= 640);

struct Event {
  enum class Type : std::uint8_t {
    start,                 ///< Somebody wants it up; clears back-off and cooling down.
    stop,                  ///< Somebody wants it down.
    restart,               ///< Stop, then start again.
    hurry,                 ///< While stopping: on to the next stage at once.
    requirements_met,      ///< All it requires is there (told while it waits).
    spawned,               ///< The process of `run` exists and executed its program.
    spawn_failed,          ///< No process, or it failed before exec (`outcome`).
    ready,                 ///< READY=1, a probe, the newline, or the delay passed.
    reloading,             ///< RELOADING=1.
    extend,                ///< EXTEND_TIMEOUT_USEC: not before `duration_ns` from now.
    ended,                 ///< The leader ended (`outcome`, `tree_is_empty`).
    tree_gone,             ///< Nothing of the run's tree is left.
    deadline,              ///< The armed deadline passed (ignored if it lies ahead).
    dependency_restarted,  ///< A requirement with restart = true begins anew.
  };
  static constexpr std::size_t type_count = 14;

  Type type = Type::start;
  std::int64_t now_ns = 0;
  std::uint32_t run = 0;         ///< Of spawned ... tree_gone (not of wishes): others are ignored.
  std::uint32_t next_run = 0;    ///< The id to use if a run begins now; used if state.run changes.
  bool requirements_met = true;  ///< May it start right now? Asked whenever a run could begin.
  bool tree_is_empty = true;     ///< ended: nothing else of the run is left.
  Outcome outcome{};             ///< ended, spawn_failed.
  std::int64_t duration_ns = 0;  ///< extend.
  double random = 0.5;           ///< In [0, 1): the jitter of the next delay.
};

struct Action {
  enum class Type : std::uint8_t {
    spawn,        ///< Start run `run`; answer with spawned or spawn_failed, in bounded time.
    watch_ready,  ///< Begin to probe, or listen, for readiness.
    unwatch_ready,
    signal_leader,  ///< Send `signal` to the leader (and continue it if it is stopped).
    signal_tree,    ///< Send `signal` to all of the tree.
    watch_tree,     ///< Tell with tree_gone when nothing of the tree is left.
    acknowledge,    ///< The end of `run` is dealt with: the keeper may reap.
    finished,       ///< It ended for good, by itself: essential looks at this.
  };
  Type type = Type::spawn;
  int signal = 0;
  std::uint32_t run = 0;

  bool operator==(const Action&) const = default;
};

/// A handful of actions, without allocation.
class Actions {
 public:
  void add(Action action) noexcept;
  [[nodiscard]] std::span<const Action> list() const noexcept { return {items_.data(), count_}; }
  [[nodiscard]] bool operator==(const Actions& other) const noexcept;

 private:
  std::array<Action, 8> items_{};
  std::size_t count_ = 0;
};

/// The part of a spec that decides.
struct Policy {
  Kind kind = Kind::service;
  bool has_readiness = false;
  std::int64_t ready_timeout_ns = 0;
  RestartPolicy restart{};
  std::span<const StopStage> stop{};
};

[[nodiscard]] Policy policy_of(const ServiceSpec& spec);

struct Step {
  ServiceState state{};
  Actions actions{};
};

/// What follows from `event`. An event that means nothing in this phase, or that belongs to another
/// run, changes nothing; an end is acknowledged all the same.
[[nodiscard]] Step step(const ServiceState& state, const Event& event, const Policy& policy);

/// The stage that a `stopping` service is in; KILL where the ladder is empty.
[[nodiscard]] StopStage stop_stage(const ServiceState& state, const Policy& policy);

/// The signal of that stage. A polite one goes to the leader, who knows
/// best how to end its own; what is left when the leader has ended gets it directly. KILL spares
/// nobody.
[[nodiscard]] Action stop_signal(const ServiceState& state, const Policy& policy);

/// What a new director finds out about the run `state.run` before it goes on.
struct Found {
  std::int64_t now_ns = 0;
  bool has_process = false;  ///< ChildSlot of this run shows a pid.
  bool has_ended = false;    ///< The keeper's report of this run is there (`outcome`).
  Outcome outcome{};         ///< not_started if the slot shows a failed step.
};

/// Brings a new director to where the old one was, wherever that was killed: an unborn run is
/// spawned (again), a stop stage is signalled again, readiness is watched again, `finished` is told
/// again. An unreported end is not invented. Doing it twice does no more than doing it once.
///
/// The caller acknowledges reports of other runs before, and afterwards feeds step() with what it
/// found: `ended` if the report is there, else `spawn_failed` if the slot shows a failed step.
[[nodiscard]] Step resume(const ServiceState& state, const Found& found, const Policy& policy);

/// The names of the enumerators; a phase as `tend status` shows it, a cause as `reason` does.
[[nodiscard]] const char* word(Phase phase) noexcept;
[[nodiscard]] const char* word(Cause cause) noexcept;
[[nodiscard]] const char* word(Event::Type type) noexcept;
[[nodiscard]] const char* word(Action::Type type) noexcept;

}  // namespace tend::service
