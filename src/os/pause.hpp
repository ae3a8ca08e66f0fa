#pragma once
// Doing nothing for a while.

#include <chrono>

namespace tend::os {

/// Sleeps that long, or until a signal comes (nanosleep(2)); the kernel adds about 50 us of slack.
void pause_for(std::chrono::nanoseconds time) noexcept;

}  // namespace tend::os
