#pragma once
// HaltPolicy: after how many failures, successes or ends a run is over before its time, and what
// becomes of the jobs that run then. Pure.

#include <tend/error.hpp>

#include <cstdint>
#include <string_view>

namespace tend::jobs {

/// How many jobs have come to their last end so far. Retried attempts do not count.
struct JobCounts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;  ///< Ended by us, before their time.

  /// Came to an end of their own.
  [[nodiscard]] std::uint64_t done() const noexcept { return succeeded + failed; }

  bool operator==(const JobCounts&) const = default;
};

struct HaltPolicy {
  enum class When : std::uint8_t {
    never,
    soon,  ///< No job is started any more; those that run may finish.
    now,   ///< Those that run are ended too.
  };
  enum class What : std::uint8_t { fail, success, done };

  When when = When::never;
  What what = What::fail;
  std::uint64_t count = 1;  ///< That many jobs, or so many of a hundred.
  bool is_percent = false;

  bool operator==(const HaltPolicy&) const = default;
};

/// A share of all jobs says little after the first one: percents count from this many ends on.
inline constexpr std::uint64_t percent_needs_jobs = 3;

/// `soon`, `now`, `never`, and after the first two `,fail=N`, `,success=N`, `,done=N`, each also
/// with N% of the jobs that are done. Without a condition: fail=1.
[[nodiscard]] Result<HaltPolicy> parse_halt(std::string_view text);

/// Whether these counts are what the policy waits for.
[[nodiscard]] bool is_halt_reached(const HaltPolicy& policy, const JobCounts& counts);

}  // namespace tend::jobs
