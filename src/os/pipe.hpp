#pragma once
// Pipes: the plain pair, and the pair whose write end is open for reading too, so that its holder
// never gets SIGPIPE.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "os/fd.hpp"

namespace tend::os {

struct Pipe {
  Fd read{};
  Fd write{};
};

/// Both ends close-on-exec and blocking.
Result<Pipe> make_pipe();

/// How the write end of a durable pipe came about, best first.
enum class DurableMeans {
  proc,   ///< Re-opened O_RDWR through /proc/self/fd.
  fifo,   ///< An unlinked FIFO in a directory of ours: /proc is missing.
  plain,  ///< Neither worked: an ordinary write end; the death of the reader raises SIGPIPE.
};

struct DurablePipe {
  Fd read{};
  Fd write{};  ///< O_RDWR, except with DurableMeans::plain.
  DurableMeans means = DurableMeans::plain;
};

/// A pipe for output that must survive its reader. The pipe belongs to `owner_uid` and is 0600, so
/// that a service that changed its uid can open /dev/stdout anew. `fifo_directory` is where the
/// second means may make a file for an instant.
Result<DurablePipe> make_durable_pipe(std::uint32_t owner_uid, const Fd& fifo_directory);

/// As write_some() of files.hpp, but a pipe whose readers are gone is the error EPIPE and never a
/// SIGPIPE, whatever the process does with that signal.
Result<std::size_t> write_without_signal(const Fd& pipe, std::string_view bytes);

/// The pipe that a descriptor leads to, opened once more for both directions, with flags of its own
/// and not blocking: O_NONBLOCK on the given one would be on everybody's who shares it (proc(5),
/// /proc/PID/fd). Errors: /proc is missing.
Result<Fd> open_pipe_again(const Fd& end);

/// A new fifo at this path, readable and writable for its owner only (mkfifo(3)).
Result<> make_fifo(const std::string& path);

/// How many bytes lie in the pipe, unread (FIONREAD).
Result<std::size_t> unread_bytes(const Fd& pipe);

/// The number of bytes that fit (F_GETPIPE_SZ).
Result<std::size_t> pipe_size(const Fd& pipe);

/// Asks for a size; the size that it then has. The kernel may refuse (EPERM) when all pipes of this
/// user together are too big (pipe(7), pipe-user-pages-soft): the pipe stays as it was.
Result<std::size_t> resize_pipe(const Fd& pipe, std::size_t bytes);

}  // namespace tend::os
