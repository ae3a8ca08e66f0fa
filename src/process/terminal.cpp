#include <tend/terminal.hpp>

#include "base/try.hpp"
#include "os/terminal.hpp"

namespace tend {

Result<TerminalLoan> TerminalLoan::begin() {
  Fd terminal = TEND_TRY(os::open_own_terminal());
  const std::int32_t group = TEND_TRY(os::foreground_group(terminal));
  return TerminalLoan(std::move(terminal), group);
}

TerminalLoan::~TerminalLoan() { static_cast<void>(end()); }

Result<> TerminalLoan::end() {
  if (!terminal_) {
    return {};
  }
  const Fd terminal = std::move(terminal_);
  return os::set_foreground_group(terminal, group_);
}

}  // namespace tend
