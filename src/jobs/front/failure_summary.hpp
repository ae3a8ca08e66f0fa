#pragma once
// FailureSummary: what is said at the end of a run in which jobs failed: which they were, how they
// ended and what they said last, for the first few of them. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/schedule/halt_policy.hpp"

namespace tend::jobs {

inline constexpr std::size_t failures_told = 10;
inline constexpr std::size_t failure_lines = 5;

struct FailedJob {
  std::uint64_t sequence = 0;
  std::string command{};     ///< As a person would write it.
  std::string reason{};      ///< `exited with 3`, `timed out after 2s`.
  std::string last_words{};  ///< Lines of its standard error.
  unsigned attempts = 1;
};

class FailureSummary {
 public:
  void add(FailedJob job);

  /// The job was started although an earlier attempt may have done its work.
  void note_repeated(std::uint64_t sequence) { repeated_.insert(sequence); }

  /// Whole lines; empty when there is nothing to say. `ended_early` says why jobs are unfinished
  /// or were never started, in words: `stopped by SIGINT`.
  [[nodiscard]] std::string text(const JobCounts& counts,
                                 const std::optional<std::string>& ended_early) const;

 private:
  std::vector<FailedJob> failed_{};
  std::set<std::uint64_t> repeated_{};
};

}  // namespace tend::jobs
