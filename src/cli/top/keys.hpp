#pragma once
// Keys of a terminal: bytes to keys. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tend::cli {

enum class KeyKind : std::uint8_t {
  character,  ///< `text` holds it: one character of UTF-8.
  enter,
  escape,
  tab,
  backspace,
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  interrupt,  ///< Ctrl-C.
  suspend,    ///< Ctrl-Z.
  redraw,     ///< Ctrl-L.
};

struct Key {
  KeyKind kind = KeyKind::character;
  std::string text{};

  bool operator==(const Key&) const = default;
};

/// Sequences that mean no key here are passed over. A lone ESC at the end is the key Escape: those
/// that begin a sequence come in one piece with it.
[[nodiscard]] std::vector<Key> parse_keys(std::string_view bytes);

}  // namespace tend::cli
