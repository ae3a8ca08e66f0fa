#pragma once
// Ready is the service whose check command exits with 0. The command has the service's working
// directory, environment and identity, but is not of its tree: it carries no mark of it.

#include <cstdint>
#include <optional>
#include <string>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "os/spawn_options.hpp"
#include "os/start_child.hpp"
#include "service/director/probe_attempt.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

class ExecProbe : public ProbeAttempt {
 public:
  ExecProbe(os::EventLoop& loop, const Readiness& readiness, const ServiceSpec& spec);

  /// Kills the command with all that it started; only what has left its session, and whose parents
  /// have ended, escapes. The loop reaps it, later.
  ~ExecProbe() override;
  ExecProbe(const ExecProbe&) = delete;
  ExecProbe& operator=(const ExecProbe&) = delete;

  [[nodiscard]] std::string overdue(const std::string& limit) const override;

 private:
  void begin() override;
  void finish();
  [[nodiscard]] std::string problem_of_ended() const;

  os::EventLoop& loop_;
  os::SpawnOptions options_{};
  std::optional<os::StartedChild> child_{};
  os::WatchId watch_ = os::WatchId::none;
};

}  // namespace tend::service
