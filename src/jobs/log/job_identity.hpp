#pragma once
// What a job is known by from one run to the next: its arguments and its standard input, not its
// place in the input. So a resumed run may get its input in another order.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/sip_hash.hpp"
#include "jobs/job.hpp"

namespace tend::jobs {

/// A hash of the arguments (`{%}` left open) and the input; jobs that are equal in both are told
/// apart by counting them.
struct JobIdentity {
  Hash128 hash{};
  std::uint32_t copy = 0;  ///< How many equal jobs came before it in the same run.

  auto operator<=>(const JobIdentity&) const = default;
};

/// 32 hexadecimal digits, and `+2` behind them for the third of equal jobs.
[[nodiscard]] std::string identity_text(const JobIdentity& identity);

/// Absent: not what identity_text() writes.
[[nodiscard]] std::optional<JobIdentity> parse_identity(std::string_view text);

/// Gives the jobs of a run their identities, in the order of the input.
class IdentityCounter {
 public:
  [[nodiscard]] JobIdentity identify(const Job& job);

 private:
  std::map<Hash128, std::uint32_t> seen_{};  ///< How often.
};

}  // namespace tend::jobs
