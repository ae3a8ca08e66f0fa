#pragma once
// RuntimeMedian: the median of any number of durations in 10 KiB, exact to about 1 %: what
// `--timeout 300%` is a share of. Durations are counted in buckets, 64 of them for each doubling.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace tend::jobs {

class RuntimeMedian {
 public:
  void add(std::chrono::nanoseconds runtime);

  /// Nothing before three were added: one job is no measure for others.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> median() const;

 private:
  std::vector<std::uint32_t> counts_{};  ///< By bucket; as long as the longest so far needs.
  std::uint64_t total_ = 0;
};

}  // namespace tend::jobs
