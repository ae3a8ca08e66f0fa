#include "os/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

constexpr const char* multiplexer = "/dev/ptmx";
constexpr int terminal_flags = O_RDWR | O_NOCTTY;

/// By the master itself (Linux 4.13), so that it does not matter what is mounted at /dev/pts; by
/// its name where a sandbox does not know that call.
Result<Fd> open_other_end(const Fd& master) {
  const int opened = ::ioctl(master.get(), TIOCGPTPEER, terminal_flags | O_CLOEXEC);
  if (opened >= 0) {
    return Fd(opened);
  }
  unsigned number = 0;
  if (::ioctl(master.get(), TIOCGPTN, &number) < 0) {
    return failed("terminal", multiplexer, errno);
  }
  return open_file("/dev/pts/" + std::to_string(number), terminal_flags);
}

}  // namespace

Result<Terminal> make_terminal(std::uint16_t rows, std::uint16_t columns) {
  auto master = open_file(multiplexer, terminal_flags);
  if (!master) {
    return failed("terminal", multiplexer, master.error().code);
  }
  const int locked = 0;
  const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (::ioctl(master->get(), TIOCSPTLCK, &locked) < 0 ||
      ::ioctl(master->get(), TIOCSWINSZ, &size) < 0) {
    return failed("terminal", multiplexer, errno);
  }
  Fd theirs = TEND_TRY(open_other_end(*master));
  return Terminal{.ours = *std::move(master), .theirs = std::move(theirs)};
}

Result<Fd> open_own_terminal() {
  auto terminal = open_file("/dev/tty", terminal_flags);
  if (!terminal && terminal.error().code == ENXIO) {
    return std::unexpected(Error{.step = "terminal",
                                 .subject = "/dev/tty",
                                 .code = ENXIO,
                                 .detail = "this process has no controlling terminal"});
  }
  return terminal;
}

Result<std::int32_t> foreground_group(const Fd& terminal) {
  const pid_t group = ::tcgetpgrp(terminal.get());
  return group < 0 ? Result<std::int32_t>(failed("foreground", "terminal", errno)) : group;
}

Result<> set_foreground_group(const Fd& terminal, std::int32_t group) {
  const SignalSet before = block_all_signals();
  const int code = ::tcsetpgrp(terminal.get(), group) < 0 ? errno : 0;
  set_signal_mask(before);
  return code == 0 ? Result<>() : failed("foreground", "group " + std::to_string(group), code);
}

}  // namespace tend::os
