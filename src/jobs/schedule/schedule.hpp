#pragma once
// Schedule: which job starts when, in which slot and for which time; which is tried again; and when
// the run is over. Pure: it is asked next(), told what happened, and gets the time as a value. It
// knows jobs by their sequence numbers only, and of those only the ones that have not come to their
// last end: a job is pulled when it can start, so a million queued ones cost nothing.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "jobs/schedule/halt_policy.hpp"
#include "jobs/schedule/retry_policy.hpp"
#include "jobs/schedule/slot_set.hpp"

namespace tend::jobs {

struct SchedulePolicy {
  unsigned slots = 1;
  std::chrono::nanoseconds delay{};  ///< Between two starts.
  RetryPolicy retries{};
  HaltPolicy halt{};
};

/// What others allow at the moment.
struct Room {
  std::optional<unsigned> capacity{};  ///< Attempts side by side; nothing: as many as slots.
  bool is_open = true;                 ///< Load, memory and tokens allow a start.
};

/// A job whose worker was lost so often is not given to another one.
inline constexpr unsigned losses_max = 3;

class Schedule {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Sequence = std::uint64_t;

  enum class Next : std::uint8_t {
    start,     ///< Call start().
    pull,      ///< A job is wanted: then add(), end_input(), or wait for the input.
    wait,      ///< Until something happens, or the time given.
    finished,  ///< Nothing runs and nothing will.
  };

  struct Step {
    Next next = Next::wait;
    std::optional<Instant> at{};  ///< With wait: ask again then.
  };

  struct Start {
    Sequence sequence = 0;
    unsigned attempt = 1;
    unsigned slot = 1;
    bool is_last = true;  ///< A failure of this attempt is the job's.
  };

  enum class Ending : std::uint8_t {
    success,
    failure,
    stopped,  ///< By us.
    lost,     ///< With its worker; nobody knows how far it came.
  };

  struct Verdict {
    bool is_last = true;                ///< The job is over; its number is forgotten.
    std::optional<Instant> retry_at{};  ///< When it is not.
  };

  explicit Schedule(SchedulePolicy policy) : policy_(policy), slots_(policy.slots) {}

  [[nodiscard]] Step next(Instant now, const Room& room) const;

  /// A job that was pulled; numbers rise.
  void add(Sequence sequence) { pulled_ = sequence; }

  /// No job will be pulled any more.
  void end_input() noexcept { is_input_over_ = true; }

  /// The start that next() has just announced.
  [[nodiscard]] Start start(Instant now);

  /// The start did not happen, for want of something that will be there again: the same attempt is
  /// due again at `at`.
  void put_back(Sequence sequence, Instant at);

  /// An attempt ended. Halts if that is what the policy waits for.
  Verdict ended(Sequence sequence, Ending ending, Instant now);

  /// From now on nothing starts; those that run may finish.
  void drain();

  /// Jobs that were given up by drain() or by a halt between two attempts; each is told once.
  [[nodiscard]] std::vector<Sequence> take_given_up() { return std::exchange(given_up_, {}); }

  /// The policy's count was reached.
  [[nodiscard]] bool is_halted() const noexcept { return is_halted_; }
  /// And it wants those that run to be ended.
  [[nodiscard]] bool wants_stop() const noexcept {
    return is_halted_ && policy_.halt.when == HaltPolicy::When::now;
  }

  void set_slots(unsigned slots) noexcept { slots_.set_limit(slots); }
  [[nodiscard]] unsigned slots() const noexcept { return slots_.limit(); }
  [[nodiscard]] std::size_t running_count() const noexcept { return running_.size(); }
  [[nodiscard]] std::size_t waiting_count() const noexcept { return waiting_.size(); }
  [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }
  [[nodiscard]] const JobCounts& counts() const noexcept { return counts_; }

 private:
  /// What is remembered of a job while it is not over.
  struct Tries {
    unsigned attempt = 0;  ///< The number of the last start.
    unsigned failures = 0;
    unsigned losses = 0;
    unsigned slot = 0;
  };

  [[nodiscard]] bool has_slot(const Room& room) const noexcept;
  [[nodiscard]] std::optional<Instant> next_due() const;
  Verdict wait(Sequence sequence, Tries tries, Instant at);
  Verdict finish(Ending ending);

  SchedulePolicy policy_;
  SlotSet slots_;
  std::optional<Sequence> pulled_{};
  std::map<Sequence, Tries> running_{};
  std::map<Sequence, Tries> waiting_{};
  std::set<std::pair<Instant, Sequence>> due_{};  ///< The waiting ones, by time.
  std::optional<Instant> last_start_{};
  std::vector<Sequence> given_up_{};
  JobCounts counts_{};
  bool is_input_over_ = false;
  bool is_draining_ = false;
  bool is_halted_ = false;
};

}  // namespace tend::jobs
