#pragma once
// Waiting for one descriptor, where a whole event loop would be too much.

#include <tend/error.hpp>

#include <optional>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::os {

/// Waits until there is something to read, or the end of it, or the deadline has come; whether
/// there is something. No deadline: as long as it takes.
Result<bool> wait_readable(const Fd& fd, std::optional<Instant> deadline);

}  // namespace tend::os
