#pragma once
// The terminal as a screen of its own: every key at once, no echo, and what was there before comes
// back at the end (termios(3), console_codes(4)). The one place that changes a terminal's modes.

#include <tend/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "os/fd.hpp"

namespace tend::os {

struct ScreenSize {
  std::uint16_t columns = 80;
  std::uint16_t rows = 24;

  bool operator==(const ScreenSize&) const = default;
};

/// The modes of the terminal at standard input, as they are now.
class SavedTerminal {
 public:
  /// ENOTTY: standard input or standard output is no terminal.
  static Result<SavedTerminal> save();

  SavedTerminal(SavedTerminal&&) noexcept;
  SavedTerminal& operator=(SavedTerminal&&) noexcept;
  SavedTerminal(const SavedTerminal&) = delete;
  SavedTerminal& operator=(const SavedTerminal&) = delete;
  ~SavedTerminal();

  /// Back to these modes, to the ordinary screen and with a cursor, whatever has been done to it.
  /// A terminal that is gone is left alone.
  void restore() const;

  /// Every key at once, without echo and without signals of the keyboard, on a screen of its own.
  [[nodiscard]] Result<> enter_screen() const;

 private:
  struct Modes;
  explicit SavedTerminal(std::unique_ptr<Modes> modes);

  std::unique_ptr<Modes> modes_;
};

/// As the terminal says; 80 by 24 where it does not.
[[nodiscard]] ScreenSize screen_size() noexcept;

/// The keys that have been pressed so far, at least one: standard input is readable. Empty: the
/// terminal is gone.
Result<std::string> read_keys();

/// Stops this process and everybody in its group, as Ctrl-Z does; returns when they go on.
void stop_own_group() noexcept;

}  // namespace tend::os
