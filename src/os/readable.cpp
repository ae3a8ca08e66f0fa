#include "os/readable.hpp"

#include "os/poll.hpp"

namespace tend::os {

Result<bool> wait_readable(const Fd& fd, std::optional<Instant> deadline) {
  PollEntry entry{.fd = &fd};
  return poll_any(std::span(&entry, 1), deadline);
}

}  // namespace tend::os
