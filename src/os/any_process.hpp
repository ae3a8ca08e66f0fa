#pragma once
// What can be asked of a process that is not our child, and what replaces a pidfd for it where a
// sandbox refuses those: its pid together with its start time.

#include <tend/error.hpp>
#include <tend/exit_status.hpp>

#include <cstdint>
#include <optional>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::os {

/// How a process ended that nobody has reaped yet, if it is our child (waitid(2), WNOWAIT), or that
/// its parent has reaped (Linux 6.15). Waits so long for that parent. Nothing: it cannot be known.
[[nodiscard]] std::optional<ExitStatus> status_of_any_ended(const Fd& pidfd, Instant deadline);

/// A process by number: weaker than a pidfd, because between the look at its start time and the
/// signal the number could change its owner.
struct NumberedProcess {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;
};

/// Whether it has ended, or the number means another one by now.
Result<bool> has_exited(const NumberedProcess& process);

/// ESRCH: the same as has_exited().
Result<> send_signal(const NumberedProcess& process, int number);

/// Looks again and again, every 1 to 50 ms; whether it has ended.
Result<bool> wait_for_exit(const NumberedProcess& process, std::optional<Instant> deadline);

}  // namespace tend::os
