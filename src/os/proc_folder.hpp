#pragma once
// Reading many files of /proc fast, and of one process only: relative to an open folder. An open
// folder of /proc/PID stays with that process; once it is reaped, everything in it is ESRCH, also
// when its pid is in use again.
//
// Errors are plain errno values here: a listing meets thousands of files that are not permitted or
// gone, and each Error would be built of strings.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

/// A value or an errno.
template <typename T>
using ProcResult = std::expected<T, int>;

/// Whether it says that the process has ended meanwhile.
[[nodiscard]] bool is_gone(int code) noexcept;

/// A number as the name of a file, without allocation.
class NumberName {
 public:
  explicit NumberName(std::int32_t number) noexcept;
  [[nodiscard]] const char* get() const noexcept { return text_; }

 private:
  char text_[12] = {};
};

/// Memory for what is read, used again and again.
class ReadBuffer {
 public:
  ReadBuffer() : bytes_(std::size_t{16} * 1024) {}

 private:
  friend class ProcFolder;
  std::vector<char> bytes_;
};

/// What an entry leads to, as far as stat(2) tells.
struct ProcEntry {
  std::uint32_t mode = 0;  ///< Type and permission bits, S_IF*.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t special_major = 0;  ///< Of a device file.
};

/// The lines of a file, one by one, however long the file is.
class ProcLines {
 public:
  explicit ProcLines(Fd file);

  /// Without the newline; lives until the next call. Nothing: the end, or error(). A line of more
  /// than 64 KiB is given in pieces.
  std::optional<std::string_view> next();

  /// The errno that ended the reading; 0: the end of the file.
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  bool fill();

  Fd file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_at_end_ = false;
  int error_ = 0;
};

class [[nodiscard]] ProcFolder {
 public:
  /// /proc itself. Error: nothing is mounted there, or something else.
  static Result<ProcFolder> open_root();

  /// The folder of a process, or one in it. Not for numbers(): see listed_folder().
  [[nodiscard]] ProcResult<ProcFolder> folder(const char* name) const;

  /// A folder whose entries are to be listed; the kernel may ask for more permission for that.
  [[nodiscard]] ProcResult<ProcFolder> listed_folder(const char* name) const;

  /// The whole file, at most `bytes_max` (EFBIG). It lies in the buffer, until that is used again.
  /// For files that the kernel writes in one piece, so that a short read is their end; not for
  /// tables such as maps or net/tcp: those by lines().
  [[nodiscard]] ProcResult<std::string_view> read(const char* name, ReadBuffer& buffer,
                                                  std::size_t bytes_max = 1024 * 1024) const;

  [[nodiscard]] ProcResult<ProcLines> lines(const char* name) const;

  /// Where a link of the kernel's leads, as it shows it.
  [[nodiscard]] ProcResult<std::string> link(const char* name) const;

  enum class Follow : bool { no, yes };

  /// Of the entry, or of what it leads to. Never waits for a network file system (statx(2)).
  [[nodiscard]] ProcResult<ProcEntry> entry(const char* name, Follow follow) const;

  /// The entries that are positive numbers or 0: processes, threads or descriptors. In rising
  /// order; more than `count_max` is EOVERFLOW.
  [[nodiscard]] ProcResult<std::vector<std::int32_t>> numbers(std::size_t count_max) const;

 private:
  explicit ProcFolder(Fd folder) : folder_(std::move(folder)) {}

  Fd folder_;
};

/// What the kernel tells of a process without /proc (PIDFD_GET_INFO).
struct KernelInfo {
  std::int32_t parent = 0;
  std::uint32_t real_user = 0;
  std::uint32_t effective_user = 0;
  std::optional<std::uint64_t> cgroup_id{};  ///< Of cgroup2: the inode number of its folder.
};

/// Asks the kernel about a pid of our own pid namespace. ESRCH: there is none; ENOTTY and the like:
/// this kernel cannot tell (before 6.13), or a sandbox does not let us ask.
[[nodiscard]] ProcResult<KernelInfo> kernel_info_of(std::int32_t pid);

/// Bytes in a page of memory.
[[nodiscard]] std::size_t page_bytes() noexcept;

}  // namespace tend::os
