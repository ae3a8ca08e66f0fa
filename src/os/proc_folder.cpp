#include "os/proc_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "os/pidfd_info.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;
constexpr long proc_magic = 0x9fa0;  // PROC_SUPER_MAGIC of linux/magic.h.

ProcResult<Fd> open_below(const Fd& folder, const char* name, int flags) {
  while (true) {
    const int number = ::openat(folder.get(), name, flags | O_CLOEXEC);
    if (number >= 0) {
      return Fd(number);
    }
    if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
}

ProcResult<std::size_t> read_into(const Fd& file, char* to, std::size_t count) {
  while (true) {
    const ssize_t got = ::read(file.get(), to, count);
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
}

std::optional<std::int32_t> number_of(const char* name) {
  std::int32_t number = 0;
  const char* end = name + std::strlen(name);
  const auto parsed = std::from_chars(name, end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end && number >= 0 ? std::optional(number)
                                                                      : std::nullopt;
}

/// struct linux_dirent64 of getdents64(2), up to the name.
struct EntryHead {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t bytes;
  std::uint8_t type;
};
constexpr std::size_t name_offset = offsetof(EntryHead, type) + 1;

/// Adds the numbers among the entries of one getdents64.
void collect_numbers(const char* entries, std::size_t bytes, std::vector<std::int32_t>& numbers) {
  for (std::size_t at = 0; at < bytes;) {
    EntryHead head{};
    std::memcpy(&head, entries + at, name_offset);
    if (const auto number = number_of(entries + at + name_offset)) {
      numbers.push_back(*number);
    }
    at += head.bytes;
  }
}

}  // namespace

bool is_gone(int code) noexcept { return code == ESRCH || code == ENOENT; }

NumberName::NumberName(std::int32_t number) noexcept {
  *std::to_chars(text_, text_ + sizeof text_ - 1, number).ptr = '\0';
}

ProcLines::ProcLines(Fd file) : file_(std::move(file)), buffer_(line_bytes_max) {}

bool ProcLines::fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  const auto got = read_into(file_, buffer_.data() + end_, buffer_.size() - end_);
  if (!got) {
    error_ = got.error();
  }
  is_at_end_ = !got || *got == 0;
  end_ += got.value_or(0);
  return !is_at_end_;
}

std::optional<std::string_view> ProcLines::next() {
  std::size_t searched = begin_;
  while (true) {
    const auto* found =
        static_cast<const char*>(std::memchr(buffer_.data() + searched, '\n', end_ - searched));
    if (found != nullptr) {
      const char* from = buffer_.data() + begin_;
      begin_ = static_cast<std::size_t>(found - buffer_.data()) + 1;
      return std::string_view(from, found);
    }
    const std::size_t pending = end_ - begin_;
    if (pending == buffer_.size() || is_at_end_ || !fill()) {
      // A piece of a line that is too long, or the last line without its newline.
      if (end_ == begin_) {
        return std::nullopt;
      }
      const std::string_view piece(buffer_.data() + begin_, end_ - begin_);
      begin_ = end_;
      return piece;
    }
    searched = begin_ + pending;
  }
}

Result<ProcFolder> ProcFolder::open_root() {
  const int number = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0 && errno != ENOENT && errno != ENOTDIR) {
    return failed("open", "/proc", errno);
  }
  Fd folder(number);
  struct statfs status{};
  if (number < 0 || ::fstatfs(number, &status) < 0 || status.f_type != proc_magic) {
    return std::unexpected(
        Error{.step = "open",
              .subject = "/proc",
              .code = ENOENT,
              .detail = "no process file system is mounted there; try: mount -t proc proc /proc"});
  }
  return ProcFolder(std::move(folder));
}

ProcResult<ProcFolder> ProcFolder::folder(const char* name) const {
  auto opened = open_below(folder_, name, O_PATH | O_DIRECTORY);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  return ProcFolder(*std::move(opened));
}

ProcResult<ProcFolder> ProcFolder::listed_folder(const char* name) const {
  auto opened = open_below(folder_, name, O_RDONLY | O_DIRECTORY);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  return ProcFolder(*std::move(opened));
}

ProcResult<std::string_view> ProcFolder::read(const char* name, ReadBuffer& buffer,
                                              std::size_t bytes_max) const {
  const auto file = open_below(folder_, name, O_RDONLY);
  if (!file) {
    return std::unexpected(file.error());
  }
  std::vector<char>& bytes = buffer.bytes_;
  std::size_t filled = 0;
  while (true) {
    const std::size_t asked = std::min(bytes.size(), bytes_max + 1) - filled;
    const auto got = read_into(*file, bytes.data() + filled, asked);
    if (!got) {
      return std::unexpected(got.error());
    }
    filled += *got;
    if (filled > bytes_max) {
      return std::unexpected(EFBIG);
    }
    if (*got < asked) {
      return std::string_view(bytes.data(), filled);
    }
    if (filled == bytes.size()) {
      bytes.resize(bytes.size() * 2);
    }
  }
}

ProcResult<ProcLines> ProcFolder::lines(const char* name) const {
  auto file = open_below(folder_, name, O_RDONLY);
  if (!file) {
    return std::unexpected(file.error());
  }
  return ProcLines(*std::move(file));
}

ProcResult<std::string> ProcFolder::link(const char* name) const {
  // The kernel refuses to show paths longer than a page.
  std::array<char, 4096> target{};
  const ssize_t got = ::readlinkat(folder_.get(), name, target.data(), target.size());
  if (got < 0) {
    return std::unexpected(errno);
  }
  return std::string(target.data(), static_cast<std::size_t>(got));
}

ProcResult<ProcEntry> ProcFolder::entry(const char* name, Follow follow) const {
  struct statx status{};
  const int flags =
      AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | (follow == Follow::yes ? 0 : AT_SYMLINK_NOFOLLOW);
  if (::statx(folder_.get(), name, flags, STATX_TYPE | STATX_MODE | STATX_INO, &status) < 0) {
    return std::unexpected(errno);
  }
  return ProcEntry{.mode = status.stx_mode,
                   .device = ::makedev(status.stx_dev_major, status.stx_dev_minor),
                   .inode = status.stx_ino,
                   .special_major = status.stx_rdev_major};
}

ProcResult<std::vector<std::int32_t>> ProcFolder::numbers(std::size_t count_max) const {
  // A descriptor of its own offset: two listings of one folder must not share it.
  const auto folder = open_below(folder_, ".", O_RDONLY | O_DIRECTORY);
  if (!folder) {
    return std::unexpected(folder.error());
  }
  std::vector<std::int32_t> numbers;
  std::vector<char> entries(std::size_t{32} * 1024);
  while (true) {
    const long got = raw::syscall(__NR_getdents64, folder->get(), entries.data(), entries.size());
    if (got < 0) {
      return std::unexpected(static_cast<int>(-got));
    }
    if (got == 0) {
      break;
    }
    collect_numbers(entries.data(), static_cast<std::size_t>(got), numbers);
    if (numbers.size() > count_max) {
      return std::unexpected(EOVERFLOW);
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

ProcResult<KernelInfo> kernel_info_of(std::int32_t pid) {
  const long number = raw::syscall(__NR_pidfd_open, pid, 0);
  if (number < 0) {
    return std::unexpected(static_cast<int>(-number));
  }
  const Fd pidfd(static_cast<int>(number));
  const auto info =
      pidfd_info(pidfd, PidfdInfo::has_pid | PidfdInfo::has_credentials | PidfdInfo::has_cgroup);
  if (!info) {
    return std::unexpected(info.error());
  }
  if (!info->has(PidfdInfo::has_pid | PidfdInfo::has_credentials)) {
    return std::unexpected(ENOTTY);
  }
  return KernelInfo{.parent = static_cast<std::int32_t>(info->ppid),
                    .real_user = info->ruid,
                    .effective_user = info->euid,
                    .cgroup_id = info->has(PidfdInfo::has_cgroup) ? std::optional(info->cgroup_id)
                                                                  : std::nullopt};
}

std::size_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace tend::os
