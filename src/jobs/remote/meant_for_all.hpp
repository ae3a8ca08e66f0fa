#pragma once
// Who ends a whole node or step (scancel) signals its jobs and the worker, one after the other. So
// what a job came to by such a signal is told after a while: by then the worker is gone too, if it
// was meant as well, and the job has happened for nobody.

#include <chrono>
#include <csignal>
#include <optional>

#include "jobs/backend.hpp"

namespace tend::jobs {

/// The worker has had the signal by then.
inline constexpr std::chrono::milliseconds pause_after_signal{300};

/// The same where nobody waits: on a node that is so busy that even a signal is late.
inline constexpr std::chrono::seconds long_pause_after_signal{2};

[[nodiscard]] inline bool may_be_meant_for_all(const AttemptResult& result) {
  if (result.end != AttemptEnd::signalled || !result.status) {
    return false;
  }
  const std::optional<int> number = result.status->signal();
  return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGKILL;
}

}  // namespace tend::jobs
