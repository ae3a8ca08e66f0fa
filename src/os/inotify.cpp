#include "os/inotify.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tend::os {

Result<Fd> make_inotify() {
  Fd made(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!made) {
    return failed("inotify", "", errno);
  }
  return made;
}

Result<int> watch_path(const Fd& inotify, const std::string& path, std::uint32_t mask) {
  const int watch = ::inotify_add_watch(inotify.get(), path.c_str(), mask);
  if (watch < 0) {
    return failed("watch", path, errno);
  }
  return watch;
}

Result<std::vector<FileEvent>> read_file_events(const Fd& inotify) {
  std::vector<FileEvent> events;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = ::read(inotify.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN) {
      return events;
    }
    if (got < 0) {
      return failed("read", "inotify", errno);
    }
    const auto end = static_cast<std::size_t>(got);
    for (std::size_t at = 0; at + sizeof(inotify_event) <= end;) {
      inotify_event head{};
      std::memcpy(&head, buffer.data() + at, sizeof head);
      const char* name = buffer.data() + at + sizeof head;
      events.push_back({.watch = head.wd,
                        .mask = head.mask,
                        .name = std::string(name, ::strnlen(name, head.len))});
      at += sizeof head + head.len;
    }
  }
}

}  // namespace tend::os
