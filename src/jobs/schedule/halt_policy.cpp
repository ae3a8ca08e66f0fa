#include "jobs/schedule/halt_policy.hpp"

#include <optional>
#include <string>
#include <utility>

#include "base/number.hpp"
#include "base/scan.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

constexpr std::uint64_t percent_max = 100;

std::unexpected<Error> bad_halt(std::string_view text, std::string why) {
  return refused("halt", std::string(text), std::move(why));
}

std::optional<HaltPolicy::When> when_of(std::string_view word) {
  if (word == "soon") {
    return HaltPolicy::When::soon;
  }
  if (word == "now") {
    return HaltPolicy::When::now;
  }
  return word == "never" ? std::optional(HaltPolicy::When::never) : std::nullopt;
}

std::optional<HaltPolicy::What> what_of(std::string_view word) {
  if (word == "fail") {
    return HaltPolicy::What::fail;
  }
  if (word == "success") {
    return HaltPolicy::What::success;
  }
  return word == "done" ? std::optional(HaltPolicy::What::done) : std::nullopt;
}

std::uint64_t count_of(HaltPolicy::What what, const JobCounts& counts) {
  switch (what) {
    case HaltPolicy::What::fail: return counts.failed;
    case HaltPolicy::What::success: return counts.succeeded;
    case HaltPolicy::What::done: return counts.done();
  }
  std::unreachable();
}

}  // namespace

Result<HaltPolicy> parse_halt(std::string_view text) {
  std::string_view rest = text;
  HaltPolicy policy;
  const auto when = when_of(next_part(rest, ','));
  if (!when) {
    return bad_halt(text, "it begins with soon, now or never");
  }
  policy.when = *when;
  if (rest.empty()) {
    return policy;
  }
  const auto what = what_of(next_part(rest, '='));
  if (!what || policy.when == HaltPolicy::When::never) {
    return bad_halt(text, "the condition is fail=N, success=N or done=N, of soon or now");
  }
  policy.what = *what;
  if (rest.ends_with('%')) {
    rest.remove_suffix(1);
    policy.is_percent = true;
  }
  const auto count = parse_integer<std::uint64_t>(rest);
  if (!count || *count == 0 || (policy.is_percent && *count > percent_max)) {
    return bad_halt(text, "the number is 1 or more, or 1% to 100%");
  }
  policy.count = *count;
  return policy;
}

bool is_halt_reached(const HaltPolicy& policy, const JobCounts& counts) {
  if (policy.when == HaltPolicy::When::never) {
    return false;
  }
  const std::uint64_t reached = count_of(policy.what, counts);
  if (!policy.is_percent) {
    return reached >= policy.count;
  }
  // Divided, not multiplied: no number of jobs overflows.
  const std::uint64_t done = counts.done();
  return done >= percent_needs_jobs && reached > 0 &&
         reached >= done / percent_max * policy.count +
                        (done % percent_max * policy.count + percent_max - 1) / percent_max;
}

}  // namespace tend::jobs
