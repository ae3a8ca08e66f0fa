#include "service/config/toml_guard.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tend::service::config {

namespace {

/// Walks over a text character by character and knows the position.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] char front() const { return rest_.front(); }
  [[nodiscard]] bool sees(std::string_view text) const { return rest_.starts_with(text); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] Position position() const { return at_; }

  /// The text is known to be UTF-8.
  void skip() {
    const bool is_newline = rest_.front() == '\n';
    rest_.remove_prefix(std::max<std::size_t>(1, text::front_character(rest_).bytes));
    at_ = is_newline ? Position{at_.line + 1, 1} : Position{at_.line, at_.column + 1};
  }
  void skip(std::size_t characters) {
    for (std::size_t count = 0; count < characters && !at_end(); ++count) {
      skip();
    }
  }

 private:
  std::string_view rest_;
  Position at_{1, 1};
};

/// Whether the string had an end. One without is the parser's to report, and the last thing it
/// sees.
bool skip_string(Cursor& cursor) {
  const char quote = cursor.front();
  const std::string three(3, quote);
  const bool is_long = cursor.sees(three);
  cursor.skip(is_long ? 3 : 1);
  while (!cursor.at_end()) {
    if (is_long && cursor.sees(three)) {
      cursor.skip(3);
      // Up to two quotes may stand before the closing three.
      while (!cursor.at_end() && cursor.front() == quote) {
        cursor.skip();
      }
      return true;
    }
    if (!is_long && cursor.front() == quote) {
      cursor.skip();
      return true;
    }
    if (!is_long && cursor.front() == '\n') {
      return false;
    }
    cursor.skip(quote == '"' && cursor.front() == '\\' ? 2 : 1);
  }
  return false;
}

void skip_comment(Cursor& cursor) {
  while (!cursor.at_end() && cursor.front() != '\n') {
    cursor.skip();
  }
}

std::optional<Problem> check_bytes(std::string_view text) {
  if (text.size() > config_bytes_max) {
    return Problem{{}, "larger than 4MiB", ""};
  }
  if (const auto offset = text::invalid_utf8(text)) {
    Cursor cursor(text.substr(0, *offset));
    while (!cursor.at_end()) {
      cursor.skip();
    }
    return Problem{cursor.position(), "not UTF-8 from here on", ""};
  }
  return std::nullopt;
}

/// How deep brackets and dots go.
class Depth {
 public:
  std::optional<Problem> see(char letter, Position at) {
    switch (letter) {
      case '[':
      case '{':
        parts_ = 1;
        ++nesting_;
        break;
      case ']':
      case '}': nesting_ -= nesting_ > 0 ? 1 : 0; break;
      case '.': ++parts_; break;
      case '\n':
      case '=':
      case ',': parts_ = 1; break;
      default: break;
    }
    if (nesting_ > nesting_max) {
      return Problem{at, text::format("nested deeper than {}", nesting_max), ""};
    }
    if (parts_ > key_parts_max) {
      return Problem{at, text::format("a key of more than {} parts", key_parts_max), ""};
    }
    return std::nullopt;
  }

  [[nodiscard]] bool is_outside() const { return nesting_ == 0; }

 private:
  std::size_t nesting_ = 0;
  std::size_t parts_ = 1;
};

bool is_header_without_name(std::string_view line) {
  line.remove_prefix(line.starts_with("[[") ? 2 : 1);
  line = line.substr(0, line.find('\n'));
  const std::string_view name = text::trimmed(line);
  return name.empty() || name.starts_with('#');
}

std::optional<Problem> check_structure(std::string_view text) {
  Cursor cursor(text);
  Depth depth;
  bool is_line_start = true;
  while (!cursor.at_end()) {
    const char letter = cursor.front();
    if (letter == '#') {
      skip_comment(cursor);
      continue;
    }
    if (letter == '"' || letter == '\'') {
      is_line_start = false;
      if (!skip_string(cursor)) {
        return std::nullopt;
      }
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80) {
      return Problem{cursor.position(), "a letter outside ASCII, outside of quotes",
                     "keys with such letters, and all texts, stand in quotes"};
    }
    const bool is_header = letter == '[' && is_line_start && depth.is_outside();
    if (is_header && is_header_without_name(cursor.rest())) {
      return Problem{cursor.position(), "a table header without a name", "such as [service.web]"};
    }
    if (auto problem = depth.see(letter, cursor.position())) {
      return problem;
    }
    if (letter == '\n') {
      is_line_start = true;
    } else if (letter != ' ' && letter != '\t' && letter != '\r') {
      is_line_start = false;
    }
    cursor.skip();
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> find_dangerous(std::string_view text) {
  if (auto problem = check_bytes(text)) {
    return problem;
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
  }
  return check_structure(text);
}

}  // namespace tend::service::config
