#include "service/config/dotenv.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace tend::service::config {

namespace {

// A text longer than this cannot be handed to a program (MAX_ARG_STRLEN, execve(2)).
constexpr std::size_t variable_bytes_max = 128 * 1024 - 1;

bool is_key_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '.' || letter == '-';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) {
      text_.remove_prefix(3);
    }
  }

  Dotenv parse() {
    while (at_ < text_.size()) {
      parse_line();
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] bool sees(char letter) const { return !at_end() && text_[at_] == letter; }
  [[nodiscard]] bool sees_line_end() const {
    return at_end() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n");
  }

  /// Columns count bytes here; the positions are approximate behind letters outside ASCII.
  [[nodiscard]] Position position() const {
    return {line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)};
  }

  void skip_blank() {
    while (sees(' ') || sees('\t')) {
      ++at_;
    }
  }

  void skip_line() {
    while (!at_end() && text_[at_] != '\n') {
      ++at_;
    }
    skip_newline();
  }

  void skip_newline() {
    if (!at_end()) {
      ++at_;
      ++line_;
      line_start_ = at_;
    }
  }

  void refuse(Position at, std::string message) {
    result_.problems.push_back({at, std::move(message), ""});
  }

  void parse_line() {
    skip_blank();
    if (sees_line_end() || sees('#')) {
      skip_line();
      return;
    }
    if (text_.substr(at_).starts_with("export ")) {
      at_ += 7;
      skip_blank();
    }
    const Position key_at = position();
    const std::size_t start = at_;
    while (!at_end() && is_key_letter(text_[at_])) {
      ++at_;
    }
    const std::string_view key = text_.substr(start, at_ - start);
    skip_blank();
    if (!sees('=')) {
      refuse(position(), "expected KEY=VALUE");
      skip_line();
      return;
    }
    ++at_;
    skip_blank();
    auto value = sees('"') || sees('\'') ? quoted_value() : plain_value();
    if (!value) {
      skip_line();
      return;
    }
    add(key_at, key, *std::move(value));
  }

  void add(Position key_at, std::string_view key, std::string value) {
    if (std::string wrong = what_is_wrong_with_variable(key); !wrong.empty()) {
      refuse(key_at, std::move(wrong));
    } else if (value.contains('\0')) {
      refuse(key_at, text::format("{} has a NUL character", key));
    } else if (key.size() + value.size() + 2 > variable_bytes_max) {
      refuse(key_at, text::format("{} is longer than {} bytes", key, variable_bytes_max));
    } else if (!seen_.insert(std::string(key)).second) {
      refuse(key_at, text::format("{} comes twice", key));
    } else {
      result_.variables.push_back({std::string(key), std::move(value)});
    }
  }

  std::optional<std::string> plain_value() {
    const std::size_t start = at_;
    std::size_t end = at_;
    while (!at_end() && text_[at_] != '\n') {
      const bool is_blank = sees(' ') || sees('\t') || sees('\r');
      if (sees('#') && (at_ == start || text_[at_ - 1] == ' ' || text_[at_ - 1] == '\t')) {
        break;
      }
      ++at_;
      end = is_blank ? end : at_;
    }
    std::string value(text_.substr(start, end - start));
    skip_line();
    return value;
  }

  std::optional<std::string> quoted_value() {
    const Position opened = position();
    const char quote = text_[at_];
    ++at_;
    std::string value;
    while (!at_end() && text_[at_] != quote) {
      if (quote == '"' && text_[at_] == '\\') {
        append_escape(value);
      } else if (text_[at_] == '\n') {
        value += '\n';
        skip_newline();
      } else {
        value += text_[at_];
        ++at_;
      }
    }
    if (at_end()) {
      refuse(opened, "the quote is never closed");
      return std::nullopt;
    }
    ++at_;
    skip_blank();
    if (!sees_line_end() && !sees('#')) {
      refuse(position(), "text behind the closing quote");
      return std::nullopt;
    }
    skip_line();
    return value;
  }

  /// A backslash in double quotes. In front of any other letter it stands for itself.
  void append_escape(std::string& value) {
    constexpr std::string_view letters = "nrt\"\\$`";
    constexpr std::string_view meanings = "\n\r\t\"\\$`";
    const std::size_t which =
        at_ + 1 < text_.size() ? letters.find(text_[at_ + 1]) : std::string_view::npos;
    if (which == std::string_view::npos) {
      value += '\\';
      ++at_;
      return;
    }
    value += meanings[which];
    at_ += 2;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::set<std::string> seen_{};
  Dotenv result_{};
};

}  // namespace

Dotenv parse_dotenv(std::string_view text) { return Parser(text).parse(); }

bool is_set_by_tend(std::string_view key) noexcept {
  return key == "NOTIFY_SOCKET" || key.starts_with("LISTEN_") || key.starts_with("WATCHDOG_") ||
         key.starts_with("TEND_");
}

std::string what_is_wrong_with_variable(std::string_view key) {
  if (key.empty()) {
    return "the name of a variable is missing";
  }
  const bool starts_right =
      is_key_letter(key[0]) && !std::string_view("0123456789.-").contains(key[0]);
  if (!starts_right || !std::ranges::all_of(key, is_key_letter)) {
    return text::format("{} is no name of a variable: letters, digits, _ . - and no digit in front",
                        text::quoted(key));
  }
  if (is_set_by_tend(key)) {
    return text::format("{} cannot be set: such variables are tend's own", text::quoted(key));
  }
  return {};
}

}  // namespace tend::service::config
