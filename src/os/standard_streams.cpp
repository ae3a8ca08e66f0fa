#include "os/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace tend::os {

namespace {

/// Nobody else opens /dev/null with both, which mean nothing there: what reopen_closed_streams()
/// has put in place can be told by them.
constexpr int stand_in_mark = O_APPEND | O_NONBLOCK;

int number_of(Stream stream) noexcept { return std::to_underlying(stream); }

std::string name_of(Stream stream) {
  constexpr std::array<const char*, 3> names = {"standard input", "standard output",
                                                "standard error"};
  return names.at(std::to_underlying(stream));
}

}  // namespace

Result<> reopen_closed_streams() {
  // The lowest free number is given (open(2)), so 0 is filled before 1 and 1 before 2.
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) {
      continue;
    }
    // Not close-on-exec: a program we become needs them just as much.
    if (::open("/dev/null", stand_in_mark | (number == STDIN_FILENO ? O_RDONLY : O_WRONLY)) < 0) {
      return failed("open", "/dev/null", errno);
    }
  }
  return {};
}

Result<Fd> duplicate_stream(Stream stream) {
  Fd copy(::fcntl(number_of(stream), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy) {
    return failed("duplicate", name_of(stream), errno);
  }
  return copy;
}

bool was_closed(Stream stream) noexcept {
  const int flags = ::fcntl(number_of(stream), F_GETFL);
  return flags >= 0 && (flags & stand_in_mark) == stand_in_mark;
}

bool is_terminal(Stream stream) noexcept { return ::isatty(number_of(stream)) == 1; }

std::optional<std::uint16_t> terminal_columns(Stream stream) noexcept {
  winsize size{};
  if (::ioctl(number_of(stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
    return std::nullopt;
  }
  return size.ws_col;
}

Result<> write_stream(Stream stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(number_of(stream), bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd entry{.fd = number_of(stream), .events = POLLOUT, .revents = 0};
      ::poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return failed("write", name_of(stream), errno);
    }
  }
  return {};
}

bool has_raised_rights() noexcept { return ::getauxval(AT_SECURE) != 0; }

}  // namespace tend::os
