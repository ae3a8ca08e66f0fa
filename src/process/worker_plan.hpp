#pragma once
// WorkerPlan: which workers a pool starts and drains, and when. Pure: it is told what happened and
// answers with actions; the clock is a value.
//
// A slot has at most one worker that serves it, and while it is replaced one successor that is not
// ready yet. Replacement goes slot by slot: successor started -> ready -> old one drained -> gone.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace tend::process {

class WorkerPlan {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Id = std::uint64_t;

  struct Options {
    std::size_t slots = 1;
    std::chrono::nanoseconds ready_within{};
    std::chrono::nanoseconds drain_within{};
    std::chrono::nanoseconds backoff_first{};
    double backoff_factor = 2.0;
    std::chrono::nanoseconds backoff_most{};
    std::chrono::nanoseconds healthy_after{};
  };

  struct Action {
    enum class Kind : std::uint8_t {
      start,     ///< The worker `id` for `slot`; then say started() or start_failed().
      drain,     ///< Ask it to end.
      kill,      ///< It did not end, or not become ready, in time.
      replaced,  ///< Tell that the replacement is done, or has failed.
      replacement_failed,
    };
    Kind kind = Kind::start;
    Id id = 0;
    std::size_t slot = 0;

    bool operator==(const Action&) const = default;
  };

  enum class Phase : std::uint8_t { starting, ready, draining, ending };

  explicit WorkerPlan(Options options);

  /// What is due now. Each action is told once.
  std::vector<Action> due(Instant now);

  /// When due() has something new although nothing was told meanwhile.
  [[nodiscard]] std::optional<Instant> wake_at() const;

  void started(Id id, Instant now);
  void start_failed(Id id, Instant now);
  void ready(Id id, Instant now);
  void ended(Id id, Instant now);

  /// It is being killed on request; the next one comes without a pause.
  void killed(Id id);

  void replace_all();
  void stop_all();

  [[nodiscard]] bool is_stopped() const { return is_stopping_ && workers_.empty(); }
  [[nodiscard]] std::optional<Phase> phase_of(Id id) const;

 private:
  struct Worker {
    std::size_t slot = 0;
    Phase phase = Phase::starting;
    Instant since{};  ///< Of the phase.
    bool is_successor = false;
    bool is_excused = false;   ///< Its end is no failure.
    bool is_outdated = false;  ///< Started before the last replace_all().
  };

  struct Slot {
    std::optional<Id> current{};
    int failures = 0;       ///< In a row.
    Instant start_at{};     ///< Counts while there is no current worker.
    bool is_stale = false;  ///< Its worker is older than the last replace_all().
  };

  Action start(std::size_t slot, Instant now, bool is_successor);
  void start_missing(std::vector<Action>& actions, Instant now);
  template <typename Predicate>
  void drain_where(std::vector<Action>& actions, Instant now, Predicate predicate);
  void kill_late(std::vector<Action>& actions, Instant now);
  void replace_next(std::vector<Action>& actions, Instant now);
  void lost(Id id, const Worker& worker, Instant now);
  [[nodiscard]] std::chrono::nanoseconds pause_after(int failures) const;
  [[nodiscard]] std::optional<Instant> limit_of(const Worker& worker) const;
  [[nodiscard]] bool is_replacing_one() const;
  [[nodiscard]] bool has_stale() const;

  Options options_;
  std::vector<Slot> slots_;
  std::map<Id, Worker> workers_{};
  Id last_id_ = 0;
  bool is_stopping_ = false;
  bool is_replacing_ = false;
  bool has_failed_replacement_ = false;
};

}  // namespace tend::process
