#include "os/poll.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

namespace tend::os {

int poll_timeout_ms(std::optional<Instant> deadline) {
  if (!deadline) {
    return -1;
  }
  if (*deadline == Instant{}) {
    return 0;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - monotonic_now());
  return static_cast<int>(
      std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

Result<bool> poll_any(std::span<PollEntry> entries, std::optional<Instant> deadline) {
  std::vector<pollfd> polled;
  polled.reserve(entries.size());
  for (const PollEntry& entry : entries) {
    // A negative number is left out by the kernel.
    polled.push_back({.fd = entry.fd->get(),
                      .events = static_cast<short>(entry.for_writing ? POLLOUT : POLLIN),
                      .revents = 0});
  }
  int ready = -1;
  while ((ready = ::poll(polled.data(), polled.size(), poll_timeout_ms(deadline))) < 0) {
    if (errno != EINTR) {
      return failed("poll", "", errno);
    }
  }
  for (std::size_t index = 0; index < entries.size(); ++index) {
    entries[index].is_ready = polled[index].revents != 0;
  }
  return ready > 0;
}

}  // namespace tend::os
