#pragma once
// When a probe tries, and for how long. Pure.

#include <chrono>

#include "service/service_spec.hpp"

namespace tend::service {

/// An answer that takes longer than this is none, however patient the readiness timeout is: what
/// hangs now may have been asked too early.
inline constexpr milliseconds attempt_limit_max{5'000};

/// A probe that tries without a pause would be a load test.
inline constexpr milliseconds attempt_pause_min{10};

/// Whether the means is to ask again and again; the others wait for one fact.
[[nodiscard]] bool is_repeated(ReadyMeans means) noexcept;

/// How long one attempt may take.
[[nodiscard]] milliseconds attempt_limit(const Readiness& readiness) noexcept;

/// From the end of an attempt to the start of the next one.
[[nodiscard]] milliseconds attempt_pause(const Readiness& readiness) noexcept;

}  // namespace tend::service
