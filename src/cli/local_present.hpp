#pragma once
// Now, and here: what times without a date or an offset are meant relative to.

#include "base/time_text.hpp"
#include "os/clock.hpp"
#include "os/local_time.hpp"

namespace tend::cli {

[[nodiscard]] inline Present local_present() {
  const os::WallTime now = os::realtime_now();
  return {.now = now, .utc_offset = os::utc_offset_at(now)};
}

}  // namespace tend::cli
