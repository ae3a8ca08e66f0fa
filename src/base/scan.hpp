#pragma once
// Taking a text apart from its front, word by word and line by line, without copying it: what the
// readers of the kernel's texts are made of.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tend {

/// Cuts the next word off `text`, up to any of `separators`; skips those before it. Empty: there is
/// none.
inline std::string_view next_word(std::string_view& text, std::string_view separators = " \t\n") {
  const std::size_t begin = text.find_first_not_of(separators);
  if (begin == std::string_view::npos) {
    text = {};
    return {};
  }
  text.remove_prefix(begin);
  const std::size_t end = std::min(text.find_first_of(separators), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// Cuts off everything up to `separator`, and the separator with it; all of it if there is none.
inline std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

inline std::string_view next_line(std::string_view& text) { return next_part(text, '\n'); }

}  // namespace tend
