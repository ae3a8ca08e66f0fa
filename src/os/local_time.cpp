#include "os/local_time.hpp"

#include <ctime>

namespace tend::os {

std::chrono::minutes utc_offset_at(WallTime time) noexcept {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) {
    return {};
  }
  return std::chrono::duration_cast<std::chrono::minutes>(std::chrono::seconds(local.tm_gmtoff));
}

}  // namespace tend::os
