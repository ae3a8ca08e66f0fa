#include "jobs/input/byte_stream.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/poll.hpp"
#include "os/standard_streams.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t piece_bytes_max = 64 * 1024;

}  // namespace

ByteStream::ByteStream(os::Fd fd, std::string name)
    : fd_(std::move(fd)), name_(std::move(name)), buffer_(piece_bytes_max) {}

Result<ByteStream> ByteStream::open(const std::string& path) {
  if (path == "-") {
    return ByteStream(TEND_TRY(os::duplicate_stream(os::Stream::in)), "standard input");
  }
  // Otherwise a fifo would be waited for until somebody opens its other end (fifo(7)).
  return ByteStream(TEND_TRY(os::open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)), path);
}

Result<NextPiece> ByteStream::read() {
  std::array<os::PollEntry, 1> entries = {os::PollEntry{.fd = &fd_}};
  if (!TEND_TRY(os::poll_any(entries, os::Instant{}))) {
    return WaitForInput{&fd_};
  }
  const auto got = os::read_some(fd_, buffer_);
  if (!got && got.error().code == EAGAIN) {  // Somebody else was faster.
    return WaitForInput{&fd_};
  }
  if (!got) {
    return failed("read", name_, got.error().code);
  }
  if (*got == 0) {
    return EndOfStream{};
  }
  return std::string_view(buffer_.data(), *got);
}

}  // namespace tend::jobs
