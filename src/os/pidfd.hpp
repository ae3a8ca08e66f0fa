#pragma once
// Processes by descriptor (pidfd_open(2), Linux 5.3). A pidfd means the same process for ever:
// after its end, a signal is refused instead of hitting a stranger with the same pid.

#include <tend/error.hpp>
#include <tend/exit_status.hpp>

#include <cstdint>
#include <optional>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::os {

/// A descriptor of the process with this pid. ESRCH: there is none.
Result<Fd> open_pidfd(std::int32_t pid);

/// The pid behind a pidfd (/proc/self/fdinfo); -1 in it means that it has ended and been reaped.
Result<std::int32_t> pid_of(const Fd& pidfd);

/// Sends a signal; number 0 only asks. ESRCH: the process has ended and been reaped.
Result<> send_signal(const Fd& pidfd, int number);

/// Waits until the process has ended (not necessarily been reaped) or the deadline has come;
/// whether it has ended. No deadline: as long as it takes.
Result<bool> wait_for_exit(const Fd& pidfd, std::optional<Instant> deadline);

[[nodiscard]] inline Result<bool> has_exited(const Fd& pidfd) {
  return wait_for_exit(pidfd, Instant{});
}

/// How a process ended, and what it used if we were the one to reap it.
struct Reaped {
  ExitStatus status = ExitStatus::exited(0);
  std::optional<Usage> usage{};
};

enum class Waiting : bool { no, yes };

/// Reaps our own child. Nothing: it still runs (only with Waiting::no). ECHILD: not our child, or
/// somebody else has reaped it; try exit_status_of().
Result<std::optional<Reaped>> reap(const Fd& pidfd, Waiting waiting);

/// How our child has ended, without reaping it. Nothing: it still runs, or somebody has reaped it.
[[nodiscard]] std::optional<ExitStatus> status_before_reaping(const Fd& pidfd);

/// The exit status of a process that somebody has reaped, child or not (ioctl PIDFD_GET_INFO, Linux
/// 6.15; the pidfd must have been open before the reap). Nothing: it is not known (yet), or the
/// kernel cannot tell.
[[nodiscard]] std::optional<ExitStatus> exit_status_of(const Fd& pidfd);

}  // namespace tend::os
