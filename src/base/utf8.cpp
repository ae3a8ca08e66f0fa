#include "base/utf8.hpp"

#include <optional>
#include <string>

#include "base/text.hpp"

namespace tend::text {

namespace {

struct Lead {
  std::size_t bytes = 0;
  std::uint32_t bits = 0;
  std::uint32_t lowest = 0;  ///< Below it the form is overlong.
};

Lead lead_of(unsigned char first) noexcept {
  if (first < 0x80) {
    return {1, first, 0};
  }
  if ((first & 0xe0U) == 0xc0) {
    return {2, first & 0x1fU, 0x80};
  }
  if ((first & 0xf0U) == 0xe0) {
    return {3, first & 0x0fU, 0x800};
  }
  if ((first & 0xf8U) == 0xf0) {
    return {4, first & 0x07U, 0x10000};
  }
  return {};
}

}  // namespace

Character front_character(std::string_view text) noexcept {
  if (text.empty()) {
    return {};
  }
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  if (lead.bytes == 0 || text.size() < lead.bytes) {
    return {};
  }
  std::uint32_t code = lead.bits;
  for (std::size_t at = 1; at < lead.bytes; ++at) {
    const auto next = static_cast<unsigned char>(text[at]);
    if ((next & 0xc0U) != 0x80) {
      return {};
    }
    code = (code << 6U) | (next & 0x3fU);
  }
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < lead.lowest || code > 0x10ffff || is_surrogate) {
    return {};
  }
  return {code, lead.bytes};
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t bytes = front_character(text).bytes;
    if (bytes == 0) {
      return false;
    }
    text.remove_prefix(bytes);
  }
  return true;
}

bool is_control(std::uint32_t code) noexcept {
  const auto within = [code](std::uint32_t first, std::uint32_t last) {
    return code >= first && code <= last;
  };
  return code < 0x20 || within(0x7f, 0x9f) || code == 0x061c || within(0x200e, 0x200f) ||
         within(0x2028, 0x202e) || within(0x2066, 0x2069) || code == 0xfeff;
}

std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const Character next = front_character(text.substr(at));
    if (next.bytes == 0) {
      return at;
    }
    at += next.bytes;
  }
  return std::nullopt;
}

std::string with_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character next = front_character(text.substr(at));
    if (next.bytes == 0) {
      valid += "\xef\xbf\xbd";
      ++at;
    } else {
      valid += text.substr(at, next.bytes);
      at += next.bytes;
    }
  }
  return valid;
}

}  // namespace tend::text
