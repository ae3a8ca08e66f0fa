#include "os/pause.hpp"

#include <ctime>

namespace tend::os {

void pause_for(std::chrono::nanoseconds time) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec wait{.tv_sec = static_cast<std::time_t>(seconds.count()),
                      .tv_nsec = static_cast<long>((time - seconds).count())};
  ::nanosleep(&wait, nullptr);
}

}  // namespace tend::os
