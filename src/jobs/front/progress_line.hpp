#pragma once
// ProgressLine: how far a run is, as one line for a terminal or a log. Pure.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "jobs/schedule/halt_policy.hpp"

namespace tend::jobs {

struct ProgressState {
  JobCounts counts{};
  std::size_t running = 0;
  std::optional<std::uint64_t> total{};  ///< Where it is known how many jobs there will be.
  std::chrono::nanoseconds elapsed{};
};

/// `5 of 20 done, 1 failed, 2 running`, and the time that is left where the total is known.
[[nodiscard]] std::string progress_words(const ProgressState& state);

/// The same behind a bar, not wider than the terminal: `[####------]  25% 5 of 20 done, ...`.
[[nodiscard]] std::string progress_bar(const ProgressState& state, std::size_t columns);

}  // namespace tend::jobs
