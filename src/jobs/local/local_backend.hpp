#pragma once
// LocalBackend: runs attempts as children of this process. Each leads a session of its own, reads
// /dev/null (or its part of the input), writes into pipes, and dies with us. An attempt is over
// when its process has ended and its pipes are empty: at their end, or when a process that it left
// behind still holds them and nothing came for a while.

#include <tend/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/backend.hpp"
#include "jobs/local/family.hpp"
#include "jobs/local/guard.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "os/spawn_options.hpp"

namespace tend::jobs {

class LocalBackend final : public Backend {
 public:
  struct Options {
    AttemptSettings settings{};
  };

  /// The loop's own thread must be the main thread: children die when the thread ends that made
  /// them. Raises our soft limit of open files; jobs get back what it was. From now on orphans of
  /// jobs are ours: whoever else starts children here must hold them by os::spawn() or Child.
  static Result<std::unique_ptr<LocalBackend>> make(os::EventLoop& loop, BackendEvents& events,
                                                    Options options);

  /// Kills whatever still runs.
  ~LocalBackend() override;
  LocalBackend(const LocalBackend&) = delete;
  LocalBackend(LocalBackend&&) = delete;
  LocalBackend& operator=(const LocalBackend&) = delete;
  LocalBackend& operator=(LocalBackend&&) = delete;

  [[nodiscard]] Taken start(const Attempt& attempt) override;
  [[nodiscard]] std::optional<unsigned> capacity() const override { return std::nullopt; }
  void stop(AttemptId id, StopHow how) override;
  void set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) override;
  void hold_output(AttemptId id, bool is_held) override;
  void pause() override;
  void resume() override;

 private:
  struct Running;
  using Stream = std::size_t;  ///< Index into Running::streams.

  LocalBackend(os::EventLoop& loop, BackendEvents& events, Options options);

  Result<> set_up();
  [[nodiscard]] os::SpawnOptions options_of(const Attempt& attempt) const;
  [[nodiscard]] std::vector<const char*> environment_of(
      const Attempt& attempt, const std::vector<std::string>& family) const;
  Result<> make_pipes(const Attempt& attempt, Running& running, os::SpawnOptions& options,
                      std::vector<os::Fd>& theirs) const;
  Result<> watch(Running& running);
  Result<> watch_streams(Running& running);
  void tell_not_started(const Attempt& attempt, const Error& error);

  void on_readable(Running& running, Stream stream, os::Ready ready);
  void on_exit(Running& running);
  void feed(Running& running);
  void reap(Running& running);
  void close_stream(Running& running, Stream stream);
  void wait_for_silence(Running& running);
  void end_if_over(Running& running);

  [[nodiscard]] std::chrono::nanoseconds elapsed(const Running& running) const;
  void arm_timeout(Running& running);
  void begin_stop(Running& running, AttemptEnd why, StopHow how);
  void arm_stop_turn();
  void turn_stops();
  void sweep_orphans();
  void arm_sweep();
  [[nodiscard]] Leader leader_of(const Running& running) const;
  [[nodiscard]] Members look() const;
  void signal_all(int signal);
  [[nodiscard]] Running* find(AttemptId id);

  os::EventLoop& loop_;
  BackendEvents& events_;
  AttemptSettings settings_;
  os::SpawnOptions common_{};               ///< What all attempts have in common,
  std::vector<std::string> environment_{};  ///< and what of their environments.
  os::Fd null_{};
  os::TimerId sweep_timer_{};
  std::unique_ptr<Guard> guard_{};
  std::vector<char> buffer_;
  std::map<AttemptId, std::unique_ptr<Running>> running_;
  std::string host_{};
  std::chrono::nanoseconds paused_{};  ///< All pauses so far.
  std::optional<os::Instant> paused_since_{};
  os::TimerId stop_timer_{};
  std::chrono::milliseconds stop_pause_{};
};

}  // namespace tend::jobs
