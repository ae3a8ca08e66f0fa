#pragma once
// Running a command within a time, and stopping everything that came of it when the time is over:
// its whole tree, and orphans of it, which come to us (os/subreaper.hpp).

#include <tend/command.hpp>
#include <tend/deadline.hpp>
#include <tend/exit_status.hpp>

#include <chrono>
#include <optional>

namespace tend::cli {

struct TimeLimit {
  std::optional<std::chrono::nanoseconds> after{};  ///< Absent: there is none.
  StopLadder ladder{};
  bool is_foreground = false;  ///< The command stays in our process group.
};

struct TimedEnd {
  ExitStatus status = ExitStatus::exited(0);
  bool is_timed_out = false;
};

/// Errors: what kept it from starting; a process that does not even end by SIGKILL.
[[nodiscard]] Result<TimedEnd> run_within(tend::Command command, const TimeLimit& limit);

}  // namespace tend::cli
