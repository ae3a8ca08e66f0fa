#pragma once
// Waiting for one of a few descriptors (poll(2)), for loops that own no EventLoop.

#include <tend/error.hpp>

#include <optional>
#include <span>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::os {

/// A descriptor and what is to be known of it; closed ones are left out. The answers are set by
/// poll_any().
struct PollEntry {
  const Fd* fd = nullptr;
  bool for_writing = false;
  bool is_ready = false;  ///< It can be read or written, or has hung up, or has an error.
};

/// Waits until one is ready or the deadline has come (rounded up to 1 ms); whether one is ready.
/// No deadline: as long as it takes. EINTR is retried.
Result<bool> poll_any(std::span<PollEntry> entries, std::optional<Instant> deadline);

/// The waiting time of poll(2) until a deadline; -1 for none.
[[nodiscard]] int poll_timeout_ms(std::optional<Instant> deadline);

}  // namespace tend::os
