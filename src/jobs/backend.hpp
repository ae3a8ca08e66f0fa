#pragma once
// Backend: runs attempts at jobs somewhere, and tells what becomes of them. The local runner is
// one; workers on other machines are another, each of which drives a local runner of its own.
// Everything that is decided about jobs (queue, slots, retries, halt, order of output, log) lies in
// front of this seam and is the same for all.
//
// A backend lives on the event loop of its owner. Its events come from that loop, or from within a
// call of start(); none comes from within the other calls, nor after the destructor.

#include <tend/error.hpp>
#include <tend/exit_status.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/log/attempt_record.hpp"

namespace tend::jobs {

/// Names one attempt for as long as the run lasts; never used twice.
enum class AttemptId : std::uint64_t {};

enum class OutputStream : std::uint8_t { out, err };

/// A descriptor of ours that an attempt gets too, under a number of its own.
struct SharedDescriptor {
  int ours = -1;
  int theirs = -1;
};

/// One attempt at a job, with all that differs from one attempt to the next.
struct Attempt {
  AttemptId id{};
  JobIdentity identity{};                      ///< For backends that remember.
  std::uint64_t sequence = 0;                  ///< TEND_SEQ
  unsigned attempt = 1;                        ///< TEND_ATTEMPT
  unsigned slot = 1;                           ///< TEND_SLOT; no other running attempt has it.
  std::vector<std::string> argv{};             ///< As executed, by execvp(3)'s rules.
  std::shared_ptr<const std::string> input{};  ///< Its stdin; null: /dev/null.
  std::optional<std::chrono::nanoseconds> timeout{};  ///< From its start; see set_timeout().

  // For jobs of this machine only: they are not sent to workers.
  std::vector<std::string> environment{};       ///< KEY=VALUE in addition to that of the run.
  std::vector<SharedDescriptor> descriptors{};  ///< In addition to its standard streams.
};

/// What is the same for all attempts of a run.
struct AttemptSettings {
  std::string token{};                              ///< TEND_RUN: marks every process of this run.
  std::string directory{};                          ///< Where jobs run; empty: here.
  std::vector<std::string> environment{};           ///< KEY=VALUE in addition to ours.
  std::optional<int> nice{};                        ///< Added to ours.
  std::optional<std::uint64_t> memory_bytes_max{};  ///< Address space of each process.
  std::chrono::nanoseconds grace{std::chrono::seconds(5)};  ///< From SIGTERM to SIGKILL.
  bool is_raw = false;  ///< Jobs write where we do: there are no output events.
};

/// An attempt has executed its program.
struct AttemptStart {
  std::chrono::sys_time<std::chrono::nanoseconds> time{};
  std::string host{};
  std::int32_t pid = 0;  ///< There.
  /// The slot it ran in, where that is not the one it was given: it ran before it was asked for.
  std::optional<unsigned> slot{};
};

/// How an attempt ended, whole tree included. All its output was told before.
struct AttemptResult {
  AttemptEnd end = AttemptEnd::exited;
  std::optional<ExitStatus> status{};
  std::string problem{};  ///< In words, where the status does not say it all.
  std::chrono::nanoseconds runtime{};
  Usage usage{};
  std::chrono::nanoseconds told_late{};  ///< How long ago it ended, where it is told afterwards.
};

/// Who is told. For each attempt: started() once, or not at all when it could not be started or its
/// worker was lost before that was known; output() any number of times; ended() once, as the last.
class BackendEvents {
 public:
  virtual void started(AttemptId id, const AttemptStart& start) = 0;
  virtual void output(AttemptId id, OutputStream stream, std::string_view bytes) = 0;
  virtual void ended(AttemptId id, const AttemptResult& result) = 0;

  /// capacity() has changed, or an attempt that was told to come later may be started again.
  virtual void has_room() = 0;

  /// Something for people to know; nothing has changed for any attempt.
  virtual void notice(const std::string& words) = 0;

  /// The backend is of no more use (no worker can be had, say). Every attempt has ended before.
  virtual void failed(const Error& error) = 0;

 protected:
  BackendEvents() = default;
  BackendEvents(const BackendEvents&) = default;
  BackendEvents(BackendEvents&&) = default;
  BackendEvents& operator=(const BackendEvents&) = default;
  BackendEvents& operator=(BackendEvents&&) = default;
  ~BackendEvents() = default;
};

/// What became of a wish to start.
enum class Taken : std::uint8_t {
  yes,
  later,  ///< Nothing happened: processes, descriptors or memory have run out for the moment.
};

enum class StopHow : std::uint8_t {
  by_ladder,  ///< SIGTERM to the whole tree, SIGKILL after the grace time.
  at_once,    ///< SIGKILL to the whole tree.
};

class Backend {
 public:
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend(Backend&&) = delete;
  Backend& operator=(const Backend&) = delete;
  Backend& operator=(Backend&&) = delete;

  /// Starts an attempt. A program that does not exist, and whatever else the kernel refuses for
  /// good, is an attempt that ended() with AttemptEnd::not_started and the shell's code (127, 126).
  [[nodiscard]] virtual Taken start(const Attempt& attempt) = 0;

  /// How many attempts it can run side by side now; nothing: it has no limit of its own.
  [[nodiscard]] virtual std::optional<unsigned> capacity() const = 0;

  /// Ends an attempt, which ended() then tells with AttemptEnd::stopped. Once more with at_once:
  /// the ladder is cut short. One that has ended is left alone.
  virtual void stop(AttemptId id, StopHow how) = 0;

  /// How long the attempt may take in all, counted from its start, without the time it was paused;
  /// nothing: as long as it likes. Then its tree is stopped by the ladder: AttemptEnd::timed_out.
  virtual void set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) = 0;

  /// Whether the output of an attempt is wanted: while it is not, it is left in its pipe, so that
  /// the job waits for whoever reads us. Its end is told when all was read.
  virtual void hold_output(AttemptId id, bool is_held) = 0;

  /// Stops all jobs and their clocks (SIGSTOP to whole trees), and lets them go on.
  virtual void pause() = 0;
  virtual void resume() = 0;

 protected:
  Backend() = default;
};

}  // namespace tend::jobs
