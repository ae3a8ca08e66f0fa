#include "base/columns.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/utf8.hpp"

namespace tend::text {

namespace {

struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

// Unicode's East_Asian_Width W and F, with neighbours joined.
constexpr std::array wide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
    Range{0xA960, 0xA97C},   Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},
    Range{0xFE30, 0xFE6F},   Range{0xFF01, 0xFF60},   Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF},
    Range{0x20000, 0x3FFFD}};

// Combining marks, joiners and variation selectors.
constexpr std::array narrow = {Range{0x0300, 0x036F}, Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF},
                               Range{0x200B, 0x200D}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F},
                               Range{0xFE20, 0xFE2F}};

bool is_in(std::uint32_t code, std::span<const Range> ranges) noexcept {
  return std::ranges::any_of(
      ranges, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t columns_of(std::uint32_t code) noexcept {
  if (code < 0x0300) {
    return 1;
  }
  return is_in(code, narrow) ? 0 : is_in(code, wide) ? 2 : 1;
}

/// One character at the front: how many bytes and columns it takes.
struct Step {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

Step front_step(std::string_view text) noexcept {
  const Character character = front_character(text);
  return character.bytes == 0 ? Step{1, 1} : Step{character.bytes, columns_of(character.code)};
}

}  // namespace

std::size_t display_columns(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Step step = front_step(text);
    columns += step.columns;
    text.remove_prefix(step.bytes);
  }
  return columns;
}

std::string clipped(std::string_view text, std::size_t columns_max) {
  if (text.size() <= columns_max || display_columns(text) <= columns_max) {
    return std::string(text);
  }
  if (columns_max == 0) {
    return {};
  }
  std::size_t columns = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Step step = front_step(text.substr(bytes));
    if (columns + step.columns > columns_max - 1) {
      break;
    }
    columns += step.columns;
    bytes += step.bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

}  // namespace tend::text
