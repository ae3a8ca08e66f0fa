#include "os/file_at.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace tend::os {

namespace {

std::string name_of(const Fd& fd) { return "descriptor " + std::to_string(fd.get()); }

}  // namespace

Result<std::size_t> read_at(const Fd& file, std::span<char> buffer, std::uint64_t offset) {
  while (true) {
    const ssize_t count =
        ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      return failed("read", name_of(file), errno);
    }
  }
}

Result<> write_at(const Fd& file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno != EINTR) {
      return failed("write", name_of(file), errno);
    }
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
  }
  return {};
}

Result<> truncate_file(const Fd& file, std::uint64_t bytes) {
  while (::ftruncate(file.get(), static_cast<off_t>(bytes)) < 0) {
    if (errno != EINTR) {
      return failed("truncate", name_of(file), errno);
    }
  }
  return {};
}

Result<> free_range(const Fd& file, std::uint64_t offset, std::uint64_t bytes) {
  constexpr int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (::fallocate(file.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0) {
    return failed("free", name_of(file), errno);
  }
  return {};
}

std::uint64_t file_size_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return UINT64_MAX;
  }
  return limit.rlim_cur;
}

}  // namespace tend::os
