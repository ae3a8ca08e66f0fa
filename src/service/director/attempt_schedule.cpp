#include "service/director/attempt_schedule.hpp"

#include <algorithm>

namespace tend::service {

bool is_repeated(ReadyMeans means) noexcept {
  switch (means) {
    case ReadyMeans::tcp:
    case ReadyMeans::http:
    case ReadyMeans::exec: return true;
    case ReadyMeans::none:
    case ReadyMeans::notify:
    case ReadyMeans::fd:
    case ReadyMeans::delay: return false;
  }
  return false;
}

milliseconds attempt_limit(const Readiness& readiness) noexcept {
  return std::clamp(readiness.timeout, milliseconds(1), attempt_limit_max);
}

milliseconds attempt_pause(const Readiness& readiness) noexcept {
  return std::max(readiness.every, attempt_pause_min);
}

}  // namespace tend::service
