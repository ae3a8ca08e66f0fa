#pragma once
// UTF-8 one character at a time (RFC 3629): no surrogates, no overlong forms, up to U+10FFFF.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tend::text {

/// A character at the front of a text. `bytes` is 0 when the front is not UTF-8 or the text is
/// empty.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

[[nodiscard]] Character front_character(std::string_view text) noexcept;

/// Whether the whole text is UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Whether a terminal might do something else with it than show it: C0 and C1 controls, DEL, line
/// and paragraph separators, marks that turn the direction of writing, the byte order mark.
[[nodiscard]] bool is_control(std::uint32_t code) noexcept;

}  // namespace tend::text
