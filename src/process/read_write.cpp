#include <tend/read_write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"
#include "os/poll.hpp"
#include "process/end_of_wait.hpp"

namespace tend {

namespace {

/// A pipe that poll(2) calls writable takes this much without waiting (PIPE_BUF, pipe(7)).
constexpr std::size_t piece_bytes = 4096;

std::string subject(const Fd& fd) { return "descriptor " + std::to_string(fd.get()); }

/// Waits for `fd`; ETIMEDOUT when the end comes first.
Result<> wait_ready(const Fd& fd, const char* step, bool for_writing,
                    std::optional<os::Instant> end) {
  if (!fd) {
    return failed(step, subject(fd), EBADF);  // poll(2) would pass over it and wait.
  }
  os::PollEntry entry{.fd = &fd, .for_writing = for_writing};
  if (!TEND_TRY(os::poll_any(std::span(&entry, 1), end))) {
    return failed(step, subject(fd), ETIMEDOUT);
  }
  return {};
}

Result<std::size_t> read_by(const Fd& fd, std::span<char> buffer, std::optional<os::Instant> end) {
  while (true) {
    TEND_TRY(wait_ready(fd, "read", false, end));
    auto count = os::read_some(fd, buffer);
    if (count || count.error().code != EAGAIN) {
      return count;
    }
  }
}

/// One write; 0: it would wait.
Result<std::size_t> write_piece(const Fd& fd, std::string_view bytes) {
  auto written = os::write_without_signal(fd, bytes);
  if (!written && written.error().code == EAGAIN) {
    return 0;
  }
  return written;
}

Result<> write_by(const Fd& fd, std::string_view& left, std::optional<os::Instant> end) {
  bool must_wait = end.has_value();
  while (!left.empty()) {
    if (must_wait) {
      TEND_TRY(wait_ready(fd, "write", true, end));
    }
    const std::size_t written = TEND_TRY(write_piece(fd, end ? left.substr(0, piece_bytes) : left));
    left.remove_prefix(written);
    must_wait = end || written == 0;
  }
  return {};
}

}  // namespace

Result<std::size_t> read_from(const Fd& fd, std::span<char> buffer, Until until) {
  return read_by(fd, buffer, process::end_of_wait(until));
}

Result<std::string> read_to_end(const Fd& fd, std::size_t bytes_max, Until until) {
  const auto end = process::end_of_wait(until);
  std::string all;
  std::array<char, 64UL * 1024> buffer{};
  while (const std::size_t count = TEND_TRY(read_by(fd, buffer, end))) {
    if (count > bytes_max - all.size()) {
      return failed("read", subject(fd), EFBIG);
    }
    all.append(buffer.data(), count);
  }
  return all;
}

Result<> write_to(const Fd& fd, std::string_view bytes, Until until) {
  std::string_view left = bytes;
  auto done = write_by(fd, left, process::end_of_wait(until));
  if (!done) {
    done.error().detail =
        text::format("{} of {} bytes were written", bytes.size() - left.size(), bytes.size());
  }
  return done;
}

}  // namespace tend
