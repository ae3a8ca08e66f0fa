#pragma once
// Probe: finds out when a run of a service is ready, by the means that its spec names: connects to
// a port, asks over HTTP, runs a command, waits for a newline or for a time. (`notify` comes by
// itself: see notify_socket.hpp.) It says so once; the readiness timeout is the director's.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/director/probe_attempt.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// What a probe needs besides its Readiness.
struct ProbeSurroundings {
  const ServiceSpec& spec;  ///< exec: its cwd, environment, identity, umask. Outlives the probe.
  os::Instant started{};    ///< delay: the start of the run.
  os::Fd line{};  ///< fd: the read end of the pipe that the service has as `Readiness::fd`.
};

class Probe {
 public:
  using OnReady = std::move_only_function<void()>;

  /// Starts at once. `on_ready` is called at most once, from the loop, never from within here; it
  /// may destroy the probe. With ReadyMeans::none and notify nothing happens.
  Probe(os::EventLoop& loop, const Readiness& readiness, ProbeSurroundings surroundings,
        OnReady on_ready);

  /// Stops: connections are closed, a command is killed with all that it started. Never blocks.
  ~Probe();

  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// Why the last attempt was not ready, for `tend why`: "connection refused by 127.0.0.1:6379",
  /// "HTTP 503", "exit code 1". Empty: none has failed yet.
  [[nodiscard]] const std::string& last_problem() const noexcept { return last_problem_; }

  /// How many attempts have been started.
  [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }

 private:
  void begin_attempt();
  void end_attempt(std::string problem);
  [[nodiscard]] std::unique_ptr<ProbeAttempt> make_attempt();

  os::EventLoop& loop_;
  Readiness readiness_;
  ProbeSurroundings surroundings_;
  OnReady on_ready_;
  std::string last_problem_{};
  std::uint64_t attempts_ = 0;
  std::unique_ptr<ProbeAttempt> attempt_{};
  os::TimerId timer_ = os::TimerId::none;  ///< Next attempt, or the limit of this one.
};

}  // namespace tend::service
