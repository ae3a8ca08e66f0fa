#include "os/screen.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "os/standard_streams.hpp"

namespace tend::os {

namespace {

// Other screen, cursor away, and back (console_codes(4); xterm and all that follow it).
constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view leave = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::size_t keys_max = 256;

}  // namespace

struct SavedTerminal::Modes {
  termios before{};
};

SavedTerminal::SavedTerminal(std::unique_ptr<Modes> modes) : modes_(std::move(modes)) {}
SavedTerminal::SavedTerminal(SavedTerminal&&) noexcept = default;
SavedTerminal& SavedTerminal::operator=(SavedTerminal&&) noexcept = default;
SavedTerminal::~SavedTerminal() = default;

Result<SavedTerminal> SavedTerminal::save() {
  auto modes = std::make_unique<Modes>();
  if (::tcgetattr(STDIN_FILENO, &modes->before) != 0) {
    return failed("read modes of", "standard input", errno);
  }
  if (!is_terminal(Stream::out)) {
    return failed("show on", "standard output", ENOTTY);
  }
  return SavedTerminal(std::move(modes));
}

void SavedTerminal::restore() const {
  // What is typed ahead stays for the shell: TCSADRAIN, not TCSAFLUSH.
  static_cast<void>(write_stream(Stream::out, leave));
  static_cast<void>(::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_->before));
}

Result<> SavedTerminal::enter_screen() const {
  termios raw = modes_->before;
  raw.c_iflag &= ~static_cast<tcflag_t>(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0) {
    return failed("set modes of", "standard input", errno);
  }
  return write_stream(Stream::out, enter);
}

ScreenSize screen_size() noexcept {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {.columns = size.ws_col, .rows = size.ws_row};
}

Result<std::string> read_keys() {
  std::array<char, keys_max> keys{};
  const ssize_t got = ::read(STDIN_FILENO, keys.data(), keys.size());
  if (got > 0) {
    return std::string(keys.data(), static_cast<std::size_t>(got));
  }
  if (got == 0 || errno == EIO) {
    return std::string();  // Hung up: whoever looked at it is gone.
  }
  if (errno == EINTR || errno == EAGAIN) {
    return std::string(1, '\0');  // No key that means anything.
  }
  return failed("read", "standard input", errno);
}

void stop_own_group() noexcept { ::kill(0, SIGSTOP); }

}  // namespace tend::os
