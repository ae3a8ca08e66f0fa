#include "os/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/try.hpp"

namespace tend::os {

namespace {

Result<> check_path(const char* step, const std::string& path) {
  if (path.contains('\0')) {
    return refused(step, path.substr(0, path.find('\0')), "the path contains a NUL byte");
  }
  return {};
}

Result<Fd> open_from(int directory, const std::string& path, int flags, unsigned mode) {
  TEND_TRY(check_path("open", path));
  while (true) {
    const int number = ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
    if (number >= 0) {
      return Fd(number);
    }
    if (errno != EINTR) {
      return failed("open", path, errno);
    }
  }
}

std::string name_of(const Fd& fd) { return "descriptor " + std::to_string(fd.get()); }

}  // namespace

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  return open_from(AT_FDCWD, path, flags, mode);
}

Result<Fd> open_at(const Fd& directory, const std::string& name, int flags, unsigned mode) {
  return open_from(directory.get(), name, flags | O_NOFOLLOW, mode);
}

Result<Fd> open_directory(const std::string& path) {
  return open_from(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

Result<Fd> open_directory_at(const Fd& directory, const std::string& name) {
  return open_from(directory.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

Result<std::size_t> read_some(const Fd& fd, std::span<char> buffer) {
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      return failed("read", name_of(fd), errno);
    }
  }
}

Result<std::size_t> write_some(const Fd& fd, std::string_view bytes) {
  while (true) {
    const ssize_t count = ::write(fd.get(), bytes.data(), bytes.size());
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      return failed("write", name_of(fd), errno);
    }
  }
}

Result<std::string> read_all(const Fd& fd, std::size_t bytes_max) {
  std::string content;
  std::array<char, 16384> buffer{};
  while (true) {
    const std::size_t count = TEND_TRY(read_some(fd, buffer));
    if (count == 0) {
      return content;
    }
    if (count > bytes_max - content.size()) {
      return failed("read", name_of(fd), EFBIG);
    }
    content.append(buffer.data(), count);
  }
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Fd fd = TEND_TRY(open_file(path, O_RDONLY));
  auto content = read_all(fd, bytes_max);
  if (!content) {
    content.error().subject = path;
  }
  return content;
}

Result<std::string> read_file_at(const Fd& directory, const std::string& name,
                                 std::size_t bytes_max) {
  const Fd fd = TEND_TRY(open_at(directory, name, O_RDONLY));
  auto content = read_all(fd, bytes_max);
  if (!content) {
    content.error().subject = name;
  }
  return content;
}

Result<> write_all(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    bytes.remove_prefix(TEND_TRY(write_some(fd, bytes)));
  }
  return {};
}

Result<> sync_file(const Fd& fd, const std::string& name) {
  return ::fdatasync(fd.get()) == 0 ? Result<>() : failed("sync", name, errno);
}

Result<> write_control_at(const Fd& directory, const std::string& name, std::string_view bytes) {
  const Fd fd = TEND_TRY(open_at(directory, name, O_WRONLY));
  const auto written = write_some(fd, bytes);
  if (!written) {
    return failed("write", name, written.error().code);
  }
  return {};
}

Result<> replace_file_at(const Fd& directory, const std::string& name, std::string_view bytes,
                         unsigned mode) {
  const std::string fresh = name + ".new";
  // A leftover of a killed writer is removed, so that O_EXCL gives a file that is only ours.
  ::unlinkat(directory.get(), fresh.c_str(), 0);
  const Fd fd = TEND_TRY(open_at(directory, fresh, O_WRONLY | O_CREAT | O_EXCL, mode));
  TEND_TRY(write_all(fd, bytes));
  if (::fchmod(fd.get(), mode) < 0 || ::fsync(fd.get()) < 0) {
    return failed("write", fresh, errno);
  }
  return rename_at(directory, fresh, name);
}

Result<> make_directory_at(const Fd& directory, const std::string& name, unsigned mode) {
  TEND_TRY(check_path("mkdir", name));
  if (::mkdirat(directory.get(), name.c_str(), mode) < 0) {
    return failed("mkdir", name, errno);
  }
  const Fd made = TEND_TRY(open_directory_at(directory, name));
  if (::fchmod(made.get(), mode) < 0) {
    return failed("chmod", name, errno);
  }
  return {};
}

Result<> make_directory(const std::string& path, unsigned mode) {
  TEND_TRY(check_path("mkdir", path));
  if (::mkdir(path.c_str(), mode) < 0) {
    return failed("mkdir", path, errno);
  }
  const Fd made = TEND_TRY(open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (::fchmod(made.get(), mode) < 0) {
    return failed("chmod", path, errno);
  }
  return {};
}

Result<> make_directories(const std::string& path, unsigned mode) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const auto made = make_directory(path.substr(0, end), mode);
    if (!made && made.error().code != EEXIST) {
      return made;
    }
  }
  const auto made = make_directory(path, mode);
  if (!made && made.error().code == EEXIST) {
    const Fd there = TEND_TRY(open_directory(path));
    return {};
  }
  return made;
}

Result<> remove_file(const std::string& path) {
  TEND_TRY(check_path("unlink", path));
  if (::unlink(path.c_str()) < 0) {
    return failed("unlink", path, errno);
  }
  return {};
}

Result<> remove_file_at(const Fd& directory, const std::string& name) {
  TEND_TRY(check_path("unlink", name));
  if (::unlinkat(directory.get(), name.c_str(), 0) < 0) {
    return failed("unlink", name, errno);
  }
  return {};
}

Result<> remove_directory(const std::string& path) {
  TEND_TRY(check_path("rmdir", path));
  if (::rmdir(path.c_str()) < 0) {
    return failed("rmdir", path, errno);
  }
  return {};
}

Result<> rename_at(const Fd& directory, const std::string& from, const std::string& to) {
  TEND_TRY(check_path("rename", from));
  TEND_TRY(check_path("rename", to));
  if (::renameat(directory.get(), from.c_str(), directory.get(), to.c_str()) < 0) {
    return failed("rename", from + " to " + to, errno);
  }
  return {};
}

}  // namespace tend::os
