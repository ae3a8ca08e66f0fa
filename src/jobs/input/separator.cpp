#include "jobs/input/separator.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

std::optional<char> simple_escape(char letter) {
  switch (letter) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case '0': return '\0';
    case '\\': return '\\';
    default: return std::nullopt;
  }
}

/// Cuts the escape after a backslash off the front.
Result<char> next_escape(std::string_view& rest, std::string_view whole) {
  if (const auto simple = rest.empty() ? std::nullopt : simple_escape(rest.front())) {
    rest.remove_prefix(1);
    return *simple;
  }
  if (rest.starts_with('x') && rest.size() >= 3) {
    if (const auto byte = parse_integer<std::uint8_t>(rest.substr(1, 2), 16)) {
      rest.remove_prefix(3);
      return static_cast<char>(*byte);
    }
  }
  return refused("separator", text::quoted(whole),
                 R"(the escapes are \n, \t, \r, \0, \\ and \xHH with two hexadecimal digits)");
}

}  // namespace

Result<std::string> parse_separator(std::string_view text) {
  if (text.empty()) {
    return refused("separator", R"("")", "is empty; to split at newlines leave it out");
  }
  std::string separator;
  std::string_view rest = text;
  while (!rest.empty()) {
    const char letter = rest.front();
    rest.remove_prefix(1);
    separator += letter == '\\' ? TEND_TRY(next_escape(rest, text)) : letter;
  }
  return separator;
}

}  // namespace tend::jobs
