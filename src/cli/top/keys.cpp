#include "cli/top/keys.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/utf8.hpp"

namespace tend::cli {

namespace {

struct Sequence {
  std::string_view bytes{};
  KeyKind kind = KeyKind::escape;
};

// What xterm, Linux's console, tmux and screen send.
constexpr std::array sequences = {
    Sequence{"\x1b[A", KeyKind::up},       Sequence{"\x1b[B", KeyKind::down},
    Sequence{"\x1b[C", KeyKind::right},    Sequence{"\x1b[D", KeyKind::left},
    Sequence{"\x1bOA", KeyKind::up},       Sequence{"\x1bOB", KeyKind::down},
    Sequence{"\x1bOC", KeyKind::right},    Sequence{"\x1bOD", KeyKind::left},
    Sequence{"\x1b[5~", KeyKind::page_up}, Sequence{"\x1b[6~", KeyKind::page_down},
    Sequence{"\x1b[H", KeyKind::home},     Sequence{"\x1b[F", KeyKind::end},
    Sequence{"\x1bOH", KeyKind::home},     Sequence{"\x1bOF", KeyKind::end},
    Sequence{"\x1b[1~", KeyKind::home},    Sequence{"\x1b[4~", KeyKind::end},
};

/// The length of an unknown sequence: ESC [ or ESC O, parameters, and a final byte.
std::size_t sequence_bytes(std::string_view bytes) {
  std::size_t at = 2;
  while (at < bytes.size() && (bytes[at] < '@' || bytes[at] > '~')) {
    ++at;
  }
  return std::min(at + 1, bytes.size());
}

std::optional<KeyKind> control_key(char byte) {
  switch (byte) {
    case '\r':
    case '\n': return KeyKind::enter;
    case '\t': return KeyKind::tab;
    case '\x7f':
    case '\b': return KeyKind::backspace;
    case '\x03': return KeyKind::interrupt;
    case '\x1a': return KeyKind::suspend;
    case '\x0c': return KeyKind::redraw;
    default: return std::nullopt;
  }
}

/// Takes what begins with ESC off the front.
void take_sequence(std::string_view& bytes, std::vector<Key>& keys) {
  if (bytes.size() == 1 || (bytes[1] != '[' && bytes[1] != 'O')) {
    keys.push_back({.kind = KeyKind::escape});
    bytes.remove_prefix(1);
    return;
  }
  const auto* const known = std::ranges::find_if(
      sequences, [bytes](const Sequence& sequence) { return bytes.starts_with(sequence.bytes); });
  if (known != sequences.end()) {
    keys.push_back({.kind = known->kind});
    bytes.remove_prefix(known->bytes.size());
  } else {
    bytes.remove_prefix(sequence_bytes(bytes));
  }
}

}  // namespace

std::vector<Key> parse_keys(std::string_view bytes) {
  std::vector<Key> keys;
  while (!bytes.empty()) {
    if (bytes.front() == '\x1b') {
      take_sequence(bytes, keys);
      continue;
    }
    if (const auto control = control_key(bytes.front())) {
      keys.push_back({.kind = *control});
      bytes.remove_prefix(1);
      continue;
    }
    const text::Character character = text::front_character(bytes);
    if (character.bytes > 0 && !text::is_control(character.code)) {
      keys.push_back({.text = std::string(bytes.substr(0, character.bytes))});
    }
    bytes.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return keys;
}

}  // namespace tend::cli
