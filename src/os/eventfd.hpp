#pragma once
// A counter that another process or thread can add to, and that can be watched (eventfd(2)).

#include <tend/error.hpp>

#include <cstdint>

#include "os/fd.hpp"

namespace tend::os {

/// Close-on-exec and non-blocking.
Result<Fd> make_eventfd();

/// Adds one. A counter at its limit is left as it is: whoever reads it is behind anyway.
Result<> signal_eventfd(const Fd& eventfd);

/// Reads and clears the counter; 0 when nothing was signalled.
Result<std::uint64_t> drain_eventfd(const Fd& eventfd);

}  // namespace tend::os
