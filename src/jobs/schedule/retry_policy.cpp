#include "jobs/schedule/retry_policy.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/scan.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

std::unexpected<Error> bad_retries(std::string_view text, std::string why) {
  return refused("retries", std::string(text), std::move(why));
}

}  // namespace

Result<RetryPolicy> parse_retries(std::string_view text) {
  std::string_view rest = text;
  const auto attempts = parse_integer<unsigned>(next_part(rest, ','));
  if (!attempts || *attempts == 0) {
    return bad_retries(text, "the number of attempts in all is 1 or more");
  }
  RetryPolicy policy{.attempts_max = *attempts};
  if (rest.empty()) {
    return policy;
  }
  if (next_part(rest, '=') != "backoff" || rest.empty()) {
    return bad_retries(text, "after the number comes backoff=TIME or backoff=FIRST..MOST");
  }
  const std::size_t dots = rest.find("..");
  policy.pause_first = TEND_TRY(parse_duration(rest.substr(0, dots)));
  policy.pause_max =
      dots == std::string_view::npos
          ? policy.pause_first
          : std::chrono::nanoseconds(TEND_TRY(parse_duration(rest.substr(dots + 2))));
  if (policy.pause_max < policy.pause_first) {
    return bad_retries(text, "the longest pause is shorter than the first");
  }
  return policy;
}

std::chrono::nanoseconds retry_pause(const RetryPolicy& policy, unsigned failures) {
  std::chrono::nanoseconds pause = policy.pause_first;
  for (unsigned doublings = 1; doublings < failures && pause < policy.pause_max; ++doublings) {
    pause *= 2;
  }
  return std::min(pause, policy.pause_max);
}

}  // namespace tend::jobs
