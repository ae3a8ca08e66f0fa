#include "os/splice.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "os/files.hpp"

namespace tend::os {

Result<Moved> splice_pipe(const Fd& from, const Fd& to, std::size_t bytes_max) {
  while (true) {
    const ssize_t count =
        ::splice(from.get(), nullptr, to.get(), nullptr, bytes_max, SPLICE_F_NONBLOCK);
    if (count >= 0) {
      return Moved{.bytes = static_cast<std::size_t>(count), .is_end = count == 0};
    }
    if (errno == EAGAIN) {
      return Moved{};
    }
    if (errno != EINTR) {
      return failed("splice", "descriptor " + std::to_string(from.get()), errno);
    }
  }
}

Result<std::size_t> splice_to_file(const Fd& pipe, const Fd& file, std::uint64_t offset,
                                   std::size_t bytes_max) {
  while (true) {
    auto at = static_cast<loff_t>(offset);
    const ssize_t count =
        ::splice(pipe.get(), nullptr, file.get(), &at, bytes_max, SPLICE_F_NONBLOCK);
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno == EAGAIN) {
      return std::size_t{0};
    }
    if (errno != EINTR) {
      return failed("write", "descriptor " + std::to_string(file.get()), errno);
    }
  }
}

std::size_t user_pipe_bytes_soft() {
  constexpr std::size_t pages_default = 16384;
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::size_t pages = pages_default;
  if (const auto text = read_file("/proc/sys/fs/pipe-user-pages-soft", 64); text) {
    std::from_chars(text->data(), text->data() + text->size(), pages);
  }
  // 0 switches the limit off.
  return (pages == 0 ? pages_default : pages) * page_bytes;
}

}  // namespace tend::os
