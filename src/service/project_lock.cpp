#include "service/project_lock.hpp"

#include <chrono>

#include "base/try.hpp"
#include "os/pause.hpp"

namespace tend::service {

Result<os::FileLock> take_project_lock(const Places& places, const std::string& name) {
  constexpr int attempts_max = 50;
  constexpr std::chrono::milliseconds pause{10};
  for (int attempt = 1;; ++attempt) {
    os::FileLock lock = TEND_TRY(os::lock_file(places.lock_file(), name));
    if (lock.is_held() || !lock.owner.empty() || attempt == attempts_max) {
      return lock;
    }
    os::pause_for(pause);
  }
}

bool is_project_locked(const Places& places) {
  const auto lock = take_project_lock(places, "");
  return lock && !lock->is_held();
}

}  // namespace tend::service
