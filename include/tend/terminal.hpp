#pragma once
// Terminals of children: the size of a new one, and the loan of ours to one of them.

#include <tend/error.hpp>
#include <tend/fd.hpp>

#include <cstdint>
#include <utility>

namespace tend {

/// Of the window that a new terminal shows (TIOCSWINSZ, ioctl_tty(2)).
struct TerminalSize {
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;

  bool operator==(const TerminalSize&) const = default;
};

/// Takes our controlling terminal back into the foreground of the process group that has it now,
/// when the scope ends: for who lends it to a child (Command::foreground()).
///
///   const auto loan = tend::TerminalLoan::begin();
///   auto child = tend::Command("vi").foreground().spawn();
///   child->wait();
class TerminalLoan {
 public:
  /// ENXIO: this process has no controlling terminal.
  static Result<TerminalLoan> begin();

  TerminalLoan(TerminalLoan&&) noexcept = default;
  TerminalLoan& operator=(TerminalLoan&&) = delete;
  TerminalLoan(const TerminalLoan&) = delete;
  TerminalLoan& operator=(const TerminalLoan&) = delete;

  /// As end(), with nobody to hear of a failure.
  ~TerminalLoan();

  /// Takes it back now. SIGTTOU does not stop us: it is blocked meanwhile.
  Result<> end();

 private:
  TerminalLoan(Fd terminal, std::int32_t group) noexcept
      : terminal_(std::move(terminal)), group_(group) {}

  Fd terminal_;
  std::int32_t group_;
};

}  // namespace tend
