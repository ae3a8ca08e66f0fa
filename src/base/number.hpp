#pragma once
// A whole text as a number: no spaces, no sign on unsigned types, nothing behind it.

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace tend {

/// Absent when the text is not a number of this base or does not fit.
template <std::integral T>
[[nodiscard]] std::optional<T> parse_integer(std::string_view text, int base = 10) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace tend
