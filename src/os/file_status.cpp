// The part of files.hpp that asks about files, and locks them.

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::os {

namespace {

FileStatus status_from(const struct stat& from) {
  return FileStatus{
      .device = from.st_dev,
      .inode = from.st_ino,
      .mode = from.st_mode & 07777U,
      .uid = from.st_uid,
      .gid = from.st_gid,
      .size_bytes = static_cast<std::uint64_t>(from.st_size),
      .links = from.st_nlink,
      .is_directory = S_ISDIR(from.st_mode),
      .is_regular = S_ISREG(from.st_mode),
      .is_socket = S_ISSOCK(from.st_mode),
      .is_fifo = S_ISFIFO(from.st_mode),
      .is_link = S_ISLNK(from.st_mode),
      .is_character = S_ISCHR(from.st_mode),
  };
}

std::string name_of(const Fd& fd) { return "descriptor " + std::to_string(fd.get()); }

constexpr std::size_t owner_bytes_max = 4096;

Result<FileLock> lock_opened(Fd fd, const std::string& name, std::string_view owner) {
  if (!TEND_TRY(try_lock(fd, name))) {
    std::string text = TEND_TRY(read_all(fd, owner_bytes_max));
    while (!text.empty() && text.back() == '\n') {
      text.pop_back();
    }
    return FileLock{.owner = std::move(text)};
  }
  if (::ftruncate(fd.get(), 0) < 0) {
    return failed("truncate", name, errno);
  }
  TEND_TRY(write_all(fd, std::string(owner) + "\n"));
  return FileLock{.fd = std::move(fd)};
}

}  // namespace

Result<bool> try_lock(const Fd& fd, const std::string& name) {
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    return true;
  }
  return errno == EWOULDBLOCK ? Result<bool>(false) : failed("lock", name, errno);
}

Result<FileStatus> status_of(const Fd& fd) {
  struct stat status{};
  if (::fstat(fd.get(), &status) < 0) {
    return failed("stat", name_of(fd), errno);
  }
  return status_from(status);
}

Result<FileStatus> status_of(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0) {
    return failed("stat", path, errno);
  }
  return status_from(status);
}

Result<FileStatus> status_at(const Fd& directory, const std::string& name) {
  struct stat status{};
  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    return failed("stat", name, errno);
  }
  return status_from(status);
}

Result<std::vector<std::string>> list_directory(const Fd& directory, std::size_t names_max) {
  // A descriptor of its own: a copy made by dup would share the reading position.
  Fd own = TEND_TRY(open_at(directory, ".", O_RDONLY | O_DIRECTORY));
  const auto close_directory = [](DIR* opened) { ::closedir(opened); };
  const std::unique_ptr<DIR, decltype(close_directory)> stream(::fdopendir(own.get()));
  if (!stream) {
    return failed("list", name_of(directory), errno);
  }
  static_cast<void>(own.release());  // The stream closes it.
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) {
      break;
    }
    const std::string_view name(entry->d_name);
    if (name == "." || name == "..") {
      continue;
    }
    if (names.size() == names_max) {
      return failed("list", name_of(directory), EOVERFLOW);
    }
    names.emplace_back(name);
  }
  if (errno != 0) {
    return failed("list", name_of(directory), errno);
  }
  return names;
}

Result<std::string> read_link(const std::string& path) {
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) {
    return failed("readlink", path, errno);
  }
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<bool> is_in_memory(const Fd& fd) {
  constexpr long tmpfs_magic = 0x01021994;
  constexpr long ramfs_magic = 0x858458f6;
  struct statfs status{};
  if (::fstatfs(fd.get(), &status) < 0) {
    return failed("statfs", name_of(fd), errno);
  }
  return status.f_type == tmpfs_magic || status.f_type == ramfs_magic;
}

Result<FileLock> lock_file(const std::string& path, std::string_view owner) {
  return lock_opened(TEND_TRY(open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600)), path, owner);
}

Result<FileLock> lock_file_at(const Fd& directory, const std::string& name,
                              std::string_view owner) {
  return lock_opened(TEND_TRY(open_at(directory, name, O_RDWR | O_CREAT, 0600)), name, owner);
}

}  // namespace tend::os
