#include "base/base64.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tend {

namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char padding = '=';

// Three bytes are four letters of six bits.
constexpr std::size_t group_bytes = 3;
constexpr std::size_t group_letters = 4;
constexpr unsigned byte_bits = 8;
constexpr unsigned letter_bits = 6;
constexpr std::uint32_t letter_mask = 0x3f;

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + group_bytes - 1) / group_bytes * group_letters);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(group_bytes, bytes.size()))) {
    const std::string_view group = bytes.substr(0, group_bytes);
    std::uint32_t bits = 0;
    for (std::size_t at = 0; at < group_bytes; ++at) {
      bits = (bits << byte_bits) | (at < group.size() ? static_cast<unsigned char>(group[at]) : 0U);
    }
    for (std::size_t at = 0; at < group_letters; ++at) {
      const auto shift = static_cast<unsigned>(letter_bits * (group_letters - 1 - at));
      text += at <= group.size() ? letters[(bits >> shift) & letter_mask] : padding;
    }
  }
  return text;
}

std::optional<std::string> parse_base64(std::string_view text) {
  if (text.size() % group_letters != 0) {
    return std::nullopt;
  }
  const std::size_t end = text.find(padding);
  const std::size_t pads = end == std::string_view::npos ? 0 : text.size() - end;
  if (pads >= group_bytes || text.substr(text.size() - pads) != std::string(pads, padding)) {
    return std::nullopt;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char letter : text.substr(0, text.size() - pads)) {
    const std::size_t value = letters.find(letter);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << letter_bits) | static_cast<std::uint32_t>(value);
    count += letter_bits;
    if (count >= byte_bits) {
      count -= byte_bits;
      bytes += static_cast<char>((bits >> count) & 0xffU);
    }
  }
  const bool has_rest = (bits & ((1U << count) - 1U)) != 0;
  return has_rest ? std::nullopt : std::optional(std::move(bytes));
}

}  // namespace tend
