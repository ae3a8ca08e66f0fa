#pragma once
// Reading and writing any descriptor within a time: pipes, sockets, terminals, files. The
// descriptor may be blocking or not; its flags stay as they are, so that nobody who shares it is
// surprised. Interruptions by signals are retried.
//
// Every error has the errno of read(2) or write(2) as its code; ETIMEDOUT: the time is over.

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/until.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tend {

/// What is there, at most the size of `buffer`, as soon as something is there; 0: the end. With a
/// time, another reader of the same pipe must not take it away in between.
Result<std::size_t> read_from(const Fd& fd, std::span<char> buffer, Until until = {});

/// Everything to the end. More than `bytes_max` is the error EFBIG.
Result<std::string> read_to_end(const Fd& fd, std::size_t bytes_max, Until until = {});

/// All of it. Nobody reads any more: the error EPIPE, and never a SIGPIPE, whatever this process
/// does with that signal. When it fails, the detail says how much was written. With a time, a
/// blocking pipe is filled in pieces that do not wait, as long as it has no other writer.
Result<> write_to(const Fd& fd, std::string_view bytes, Until until = {});

}  // namespace tend
