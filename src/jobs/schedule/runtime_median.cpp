#include "jobs/schedule/runtime_median.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace tend::jobs {

namespace {

constexpr std::uint64_t enough = 3;
constexpr unsigned fine_bits = 6;
constexpr std::uint64_t fine = std::uint64_t{1} << fine_bits;

/// Microseconds below 64 each have a bucket; from there on the leading 7 bits choose it.
std::size_t bucket_of(std::uint64_t microseconds) {
  if (microseconds < fine) {
    return microseconds;
  }
  const auto shift = static_cast<unsigned>(std::bit_width(microseconds)) - fine_bits - 1;
  return shift * fine + (microseconds >> shift);
}

/// The middle of what falls into a bucket.
std::uint64_t middle_of(std::size_t bucket) {
  if (bucket < 2 * fine) {
    return bucket;
  }
  const std::size_t shift = bucket / fine - 1;
  const std::uint64_t low = (bucket - shift * fine) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

void RuntimeMedian::add(std::chrono::nanoseconds runtime) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(runtime).count();
  const std::size_t bucket =
      bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0)));
  if (bucket >= counts_.size()) {
    counts_.resize(bucket + 1);
  }
  ++counts_[bucket];
  ++total_;
}

std::optional<std::chrono::nanoseconds> RuntimeMedian::median() const {
  if (total_ < enough) {
    return std::nullopt;
  }
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  while ((below += counts_[bucket]) * 2 < total_) {
    ++bucket;
  }
  return std::chrono::microseconds(middle_of(bucket));
}

}  // namespace tend::jobs
