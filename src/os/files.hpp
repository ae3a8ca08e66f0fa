#pragma once
// Files and directories: open, read, write, replace, lock. Every function says in its error which
// path it was about; paths with a NUL byte are refused instead of being cut.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

/// open(2) with O_CLOEXEC added. `flags` are O_* values.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0600);

/// openat(2) below an open directory, with O_CLOEXEC and O_NOFOLLOW added: the last part of the
/// path is never a symbolic link that someone else planted.
Result<Fd> open_at(const Fd& directory, const std::string& name, int flags, unsigned mode = 0600);

Result<Fd> open_directory(const std::string& path);
Result<Fd> open_directory_at(const Fd& directory, const std::string& name);

/// Up to `buffer.size()` bytes; 0 is the end of the file. EINTR is retried.
Result<std::size_t> read_some(const Fd& fd, std::span<char> buffer);

/// Up to the size of `bytes`, at most once. EINTR is retried; EAGAIN is an error with that code.
Result<std::size_t> write_some(const Fd& fd, std::string_view bytes);

/// To the end of the file; more than `bytes_max` is an error (EFBIG).
Result<std::string> read_all(const Fd& fd, std::size_t bytes_max);
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
Result<std::string> read_file_at(const Fd& directory, const std::string& name,
                                 std::size_t bytes_max);

/// All of it, through short writes; for blocking descriptors.
Result<> write_all(const Fd& fd, std::string_view bytes);

/// Waits until what was written is on the medium, or with the server (fdatasync(2)). `name` is for
/// the error.
Result<> sync_file(const Fd& fd, const std::string& name);

/// One write to a small control file (cgroup, /proc): open, write, close.
Result<> write_control_at(const Fd& directory, const std::string& name, std::string_view bytes);

/// Replaces the file in one step: readers see the old content or the new one, never a part.
/// The content is synced before the rename.
Result<> replace_file_at(const Fd& directory, const std::string& name, std::string_view bytes,
                         unsigned mode = 0600);

/// mkdir(2); the mode is set exactly, whatever the umask. A directory that exists is EEXIST.
Result<> make_directory(const std::string& path, unsigned mode = 0700);
Result<> make_directory_at(const Fd& directory, const std::string& name, unsigned mode = 0700);

/// The directory and all its missing parents; one that exists is left as it is.
Result<> make_directories(const std::string& path, unsigned mode = 0700);

Result<> remove_file(const std::string& path);
Result<> remove_file_at(const Fd& directory, const std::string& name);
Result<> remove_directory(const std::string& path);
Result<> rename_at(const Fd& directory, const std::string& from, const std::string& to);

struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  ///< Permission bits only.
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t links = 0;
  bool is_directory = false;
  bool is_regular = false;
  bool is_socket = false;
  bool is_fifo = false;
  bool is_link = false;
  bool is_character = false;

  /// The same file, by device and inode.
  [[nodiscard]] bool same_file(const FileStatus& other) const noexcept {
    return device == other.device && inode == other.inode;
  }
};

Result<FileStatus> status_of(const Fd& fd);
/// Of the file at the path; a symbolic link itself, not what it points to.
Result<FileStatus> status_of(const std::string& path);
Result<FileStatus> status_at(const Fd& directory, const std::string& name);

/// The names in a directory, without `.` and `..`, in no order; more than `names_max` is EOVERFLOW.
Result<std::vector<std::string>> list_directory(const Fd& directory, std::size_t names_max);

Result<std::string> read_link(const std::string& path);

/// Whether the file lies on tmpfs or ramfs (statfs(2)): memory, that a reboot empties.
Result<bool> is_in_memory(const Fd& fd);

/// Locks an open file (flock(2)) without waiting, until every copy of its descriptor is closed in
/// every process; false: somebody else has it. `name` is for the error: EOPNOTSUPP or ENOLCK where
/// a filesystem has no locks.
Result<bool> try_lock(const Fd& fd, const std::string& name);

/// A lock file: flock(2)ed as long as any copy of `fd` is open in any process.
struct FileLock {
  Fd fd{};              ///< Open when the lock is ours.
  std::string owner{};  ///< What the present owner wrote into the file, when it is not.

  [[nodiscard]] bool is_held() const noexcept { return fd.is_open(); }
};

/// Takes the lock without waiting and writes `owner` (one line, such as the pid) into the file.
/// A lock that another one holds is not an error: `is_held()` is false and `owner` names him.
Result<FileLock> lock_file(const std::string& path, std::string_view owner);
Result<FileLock> lock_file_at(const Fd& directory, const std::string& name, std::string_view owner);

}  // namespace tend::os
