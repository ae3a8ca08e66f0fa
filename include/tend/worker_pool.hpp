#pragma once
// WorkerPool: the same program many times, to use all CPUs: typically servers that share one
// listening socket. A worker that ends is started again, after a pause that grows while it keeps
// failing; all can be replaced one by one without a gap; one that misbehaves can be killed without
// the others noticing.
//
//   auto pool = tend::WorkerPool::start(Command("./server"), {.sockets = {listening.get()}});
//   pool->run([&] { return stop_flag.is_set(); });
//
// It lives in the caller's loop, without threads: wait until fd() is readable or wake_at() has
// come, then call step(), which never waits. Or call run(), which does that.

#include <tend/child.hpp>
#include <tend/command.hpp>
#include <tend/error.hpp>
#include <tend/exit_status.hpp>
#include <tend/fd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tend {

/// When a worker counts as ready to work.
enum class WorkerReadiness : std::uint8_t {
  started,  ///< As soon as it has executed.
  newline,  ///< When it writes a newline to the descriptor `ready_descriptor`.
};

/// How soon a worker that ended is followed by the next.
struct WorkerBackoff {
  std::chrono::nanoseconds first = std::chrono::milliseconds(100);
  double factor = 2.0;
  std::chrono::nanoseconds most = std::chrono::seconds(30);

  /// A worker that was ready for so long has not failed: the next one starts at once, and the
  /// pauses begin anew.
  std::chrono::nanoseconds healthy_after = std::chrono::seconds(10);

  bool operator==(const WorkerBackoff&) const = default;
};

/// For WorkerPool::start().
struct WorkerPoolOptions {
  std::size_t workers = 0;  ///< 0: as many as CPUs that we may run on.

  /// Listening sockets (any descriptors of ours), which each worker has as 3, 4, ... with their
  /// number in LISTEN_FDS, as sd_listen_fds(3) reads them.
  std::vector<int> sockets{};

  /// Sets LISTEN_PID too, which sd_listen_fds(3) insists on. Only the worker itself can know its
  /// pid before it executes, so it is started by way of `/bin/sh`; that a program is missing shows
  /// as exit code 127 then, and argv[0] is the program.
  bool has_listen_pid = false;

  WorkerReadiness readiness = WorkerReadiness::started;
  int ready_descriptor = -1;  ///< For WorkerReadiness::newline: its number in the worker.
  std::chrono::nanoseconds ready_within = std::chrono::seconds(60);  ///< Else it is killed.

  WorkerBackoff backoff{};

  /// How a worker is asked to finish what it does and end; who takes longer is killed with
  /// everything below it. What an ended worker leaves behind is killed at once.
  int drain_signal = 15;
  std::chrono::nanoseconds drain_within = std::chrono::seconds(10);
};

/// It has not shown that it is ready; it works; it was asked to end; it, or what it left behind, is
/// killed.
enum class WorkerPhase : std::uint8_t { starting, ready, draining, ending };

/// One process of the pool.
struct WorkerInfo {
  std::uint64_t id = 0;  ///< Counts up, never used again.
  std::size_t slot = 0;  ///< 0 to workers - 1; also in its environment, as TEND_WORKER.
  std::int32_t pid = 0;
  WorkerPhase phase = WorkerPhase::starting;

  bool operator==(const WorkerInfo&) const = default;
};

/// Something that happened to a worker, or to a replacement.
struct WorkerEvent {
  enum class Kind : std::uint8_t {
    started,
    start_failed,  ///< `error` says why; it is tried again after a pause.
    ready,
    not_ready,           ///< Not in time: it is killed.
    ended,               ///< `status` says how.
    replaced,            ///< replace() is done: every worker is new.
    replacement_failed,  ///< A new worker ended before it was ready; the old ones stay.
  };

  Kind kind = Kind::started;
  WorkerInfo worker{};
  std::optional<ExitStatus> status{};
  std::optional<Error> error{};
};

/// The pool; one thread at a time.
class WorkerPool {
 public:
  /// Told of everything, from within step().
  using Listener = std::function<void(const WorkerEvent&)>;

  /// Starts all workers; that one cannot be started is the error, and then none is left. In a
  /// worker every process group, session and drop policy of the Command counts; without a group it
  /// gets one of its own.
  [[nodiscard]] static Result<WorkerPool> start(const Command& worker,
                                                WorkerPoolOptions options = {},
                                                Listener listener = {});

  WorkerPool(WorkerPool&&) noexcept;
  WorkerPool& operator=(WorkerPool&&) noexcept;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Kills the workers that are left, with everything below them, and reaps them in the background.
  ~WorkerPool();

  /// For event loops: readable when step() has something to do.
  [[nodiscard]] const Fd& fd() const;

  /// When step() has something to do although fd() is not readable.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> wake_at() const;

  /// Does what is due. An error means that processes cannot be watched any more.
  Result<> step();

  /// Steps until all have ended after stop(). `should_stop` is asked at least ten times a second
  /// and after every step; when it says yes, stop() is called.
  Result<> run(const std::function<bool()>& should_stop = {});

  /// Replaces all workers by new ones, from `worker` if given, slot by slot: the next one is
  /// started and ready before the old one is drained, and gone before it goes on with the next
  /// slot. While another replacement is under way it begins again with what is given now. EINVAL:
  /// the command cannot be a worker; nothing has changed then.
  Result<> replace(const std::optional<Command>& worker = {});

  /// Drains all workers at once; no new ones are started.
  void stop();

  /// Kills one worker with everything below it. Another one takes its place without a pause. No
  /// such worker: nothing happens.
  void kill(std::uint64_t id);

  /// Those that run now, oldest first; during a replacement a slot can have two.
  [[nodiscard]] std::vector<WorkerInfo> workers() const;

  /// stop() was called, and all have ended.
  [[nodiscard]] bool is_stopped() const;

 private:
  class State;
  explicit WorkerPool(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace tend
