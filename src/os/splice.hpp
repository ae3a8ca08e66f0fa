#pragma once
// Moving bytes from pipe to pipe and from pipe to file inside the kernel (splice(2)): at no instant
// do they lie only in this process's memory, so killing it loses none and doubles none.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>

#include "os/fd.hpp"

namespace tend::os {

struct Moved {
  std::size_t bytes = 0;
  bool is_end = false;  ///< Nothing was moved, because the pipe is empty and has no writer.
};

/// Up to `bytes_max` bytes between two pipes, without waiting; no bytes and no end: there is
/// nothing now, or no room.
Result<Moved> splice_pipe(const Fd& from, const Fd& to, std::size_t bytes_max);

/// Up to `bytes_max` bytes from a pipe to `offset` of a file (not O_APPEND: splice refuses that).
/// Waits for the disk but not for the pipe: 0 means that the pipe is empty. What an error leaves
/// unwritten stays in the pipe.
Result<std::size_t> splice_to_file(const Fd& pipe, const Fd& file, std::uint64_t offset,
                                   std::size_t bytes_max);

/// Bytes that the pipes of one user may hold together before the kernel makes new ones smaller
/// (/proc/sys/fs/pipe-user-pages-soft, pipe(7)); the kernel's default where it cannot be read.
[[nodiscard]] std::size_t user_pipe_bytes_soft();

}  // namespace tend::os
