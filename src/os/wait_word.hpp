#pragma once
// Waiting for a word of memory to change, until a point of CLOCK_MONOTONIC (futex(2)). For what
// std::atomic cannot: its wait has no end.

#include <atomic>
#include <cstdint>
#include <optional>

#include "os/clock.hpp"

namespace tend::os {

/// Waits while the word is `value`; whether it is something else now. No deadline: as long as it
/// takes. What happened before the change is seen (acquire).
bool wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                std::optional<Instant> deadline) noexcept;

/// Sets the word (release) and wakes all who wait for it to change.
void set_and_wake(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept;

}  // namespace tend::os
