#pragma once
// Terminals: new pseudo terminals (pty(7)), and whose turn it is on ours (ioctl_tty(2)).

#include <tend/error.hpp>

#include <cstdint>

#include "os/fd.hpp"

namespace tend::os {

/// Both ends of a pseudo terminal, close-on-exec; neither controls this process.
struct Terminal {
  Fd ours{};    ///< The master: what is written here is typed there.
  Fd theirs{};  ///< What a program sees as its terminal.
};

/// ENOENT, ENOSPC: there is no /dev/ptmx here, or no terminal left.
Result<Terminal> make_terminal(std::uint16_t rows, std::uint16_t columns);

/// The controlling terminal of this process. ENXIO: it has none.
Result<Fd> open_own_terminal();

/// The process group in the foreground of our controlling terminal.
Result<std::int32_t> foreground_group(const Fd& terminal);

/// Also from the background: SIGTTOU, which would stop us, is blocked meanwhile.
Result<> set_foreground_group(const Fd& terminal, std::int32_t group);

}  // namespace tend::os
