#pragma once
// The last line of what a program wrote: mostly why it failed.

#include <string>
#include <string_view>

namespace tend::process {

/// Without its newline, and without empty lines behind it.
[[nodiscard]] inline std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') {
    text.remove_suffix(1);
  }
  const std::size_t begin = text.rfind('\n');
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

}  // namespace tend::process
