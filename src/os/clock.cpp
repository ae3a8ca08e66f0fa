#include "os/clock.hpp"

#include <ctime>

namespace tend::os {

namespace {

std::chrono::nanoseconds read(clockid_t clock) noexcept {
  timespec now{};
  // clock_gettime(2) fails only for an unknown clock or a bad address.
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

Instant monotonic_now() noexcept { return Instant(read(CLOCK_MONOTONIC)); }

WallTime realtime_now() noexcept { return WallTime(read(CLOCK_REALTIME)); }

std::chrono::nanoseconds boottime_now() noexcept { return read(CLOCK_BOOTTIME); }

}  // namespace tend::os
