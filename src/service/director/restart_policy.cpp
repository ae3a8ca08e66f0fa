#include "service/director/restart_policy.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace tend::service {

RecentEnds with_end(const RecentEnds& ends, std::int64_t now_ns, std::int64_t window_ns) {
  const auto known = std::span(ends.at_ns).first(std::min<std::size_t>(ends.count, ends_max));
  const auto first =
      std::ranges::find_if(known, [&](std::int64_t at_ns) { return now_ns - at_ns < window_ns; });
  auto kept = known.subspan(static_cast<std::size_t>(first - known.begin()));
  if (kept.size() == ends_max) {
    kept = kept.subspan(1);
  }
  RecentEnds next;
  std::ranges::copy(kept, next.at_ns.begin());
  next.at_ns[kept.size()] = now_ns;
  next.count = static_cast<std::uint32_t>(kept.size() + 1);
  return next;
}

bool are_too_many(const RecentEnds& ends, const RestartPolicy& policy) {
  return ends.count > std::min<std::size_t>(policy.limit, ends_max - 1);
}

std::int64_t restart_delay_ns(const RestartPolicy& policy, std::uint32_t attempt, double random) {
  if (policy.first_at_once && attempt == 0) {
    return 0;
  }
  const std::uint32_t pauses_before = policy.first_at_once ? attempt - 1 : attempt;
  const auto longest = static_cast<double>(to_ns(policy.max_delay));
  const double grown =
      static_cast<double>(to_ns(policy.delay)) * std::pow(policy.factor, pauses_before);
  // 0 * infinity is not a number: a delay of nothing stays nothing, however often it is multiplied.
  const double base = std::isnan(grown) ? 0.0 : std::min(grown, longest);
  const double spread = base * (1.0 + policy.jitter * (2.0 * random - 1.0));
  return static_cast<std::int64_t>(std::clamp(spread, 0.0, longest));
}

}  // namespace tend::service
