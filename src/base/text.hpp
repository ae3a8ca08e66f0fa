#pragma once
// Text for people: formatting, quoting, joining, the nearest known name, UTF-8. Formatting is {fmt}
// behind a header that does not include it: text.cpp is the one file that does.

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tend::text {

/// One argument of format(): a boolean, a character, a number or a text. It points to texts and
/// does not own them; it lives for one call.
class Argument {
 public:
  enum class Type : unsigned char { boolean, character, integer, natural, real, text };

  explicit Argument(bool value) noexcept : type_(Type::boolean), natural_(value ? 1 : 0) {}
  explicit Argument(char value) noexcept : type_(Type::character), integer_(value) {}
  template <std::signed_integral T>
  explicit Argument(T value) noexcept : type_(Type::integer), integer_(value) {}
  template <std::unsigned_integral T>
  explicit Argument(T value) noexcept : type_(Type::natural), natural_(value) {}
  explicit Argument(double value) noexcept : type_(Type::real), real_(value) {}
  explicit Argument(std::string_view value) noexcept : type_(Type::text), text_(value) {}
  explicit Argument(const std::string& value) noexcept : Argument(std::string_view(value)) {}
  explicit Argument(const char* value) noexcept : Argument(std::string_view(value)) {}

  [[nodiscard]] Type type() const noexcept { return type_; }
  [[nodiscard]] long long integer() const noexcept { return integer_; }
  [[nodiscard]] unsigned long long natural() const noexcept { return natural_; }
  [[nodiscard]] double real() const noexcept { return real_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  Type type_;
  union {
    long long integer_;
    unsigned long long natural_;
    double real_;
    std::string_view text_;
  };
};

/// A pattern of format(), checked at compile time: it has as many fields as there are arguments.
/// Fields are `{}` or `{:spec}` with the specs of {fmt}; `{{` and `}}` are braces.
template <typename... Args>
class Pattern {
 public:
  template <typename T>
    requires std::convertible_to<const T&, std::string_view>
  consteval Pattern(const T& text) : text_(text) {  // NOLINT(*-explicit-*): reads as a plain text
    if (fields(text_) != sizeof...(Args)) {
      throw "the pattern has a different number of fields than there are arguments";
    }
  }

  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  static consteval std::size_t fields(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '{') {
        if (at + 1 < text.size() && text[at + 1] == '{') {
          ++at;
        } else {
          ++count;
        }
      }
    }
    return count;
  }

  std::string_view text_;
};

/// What format() does, for patterns that are put together at run time. A pattern that {fmt} refuses
/// is a bug of ours: the process aborts.
[[nodiscard]] std::string format_arguments(std::string_view pattern,
                                           std::span<const Argument> arguments);

/// `format("{} of {:>5}", "3", 10)`.
template <typename... Args>
[[nodiscard]] std::string format(Pattern<std::type_identity_t<Args>...> pattern,
                                 const Args&... args) {
  if constexpr (sizeof...(Args) == 0) {
    return format_arguments(pattern.text(), {});
  } else {
    const Argument arguments[] = {Argument(args)...};
    return format_arguments(pattern.text(), arguments);
  }
}

[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::string join(std::span<const std::string_view> parts, std::string_view separator);

/// The parts between the separators, empty ones too; an empty text is one empty part.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Without the spaces, tabs, carriage returns and newlines at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Safe on one line of a terminal: control characters, characters that turn the direction of
/// writing, and bytes that are not UTF-8 become `\n`, `\x1b`, `\u202e`.
[[nodiscard]] std::string printable(std::string_view text);

/// `"..."`, with `"`, `\` and all that printable() escapes escaped.
[[nodiscard]] std::string quoted(std::string_view text);

/// As a word of a POSIX shell: plain where that is safe, else in single quotes. Byte-exact.
[[nodiscard]] std::string shell_word(std::string_view text);

/// Words of a shell, with a space between them: how a command is shown.
[[nodiscard]] std::string shell_words(std::span<const std::string> words);

/// Where the text stops being UTF-8 (offset in bytes); absent: it is UTF-8 to the end.
[[nodiscard]] std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept;

/// Each byte that is not part of UTF-8 becomes U+FFFD.
[[nodiscard]] std::string with_valid_utf8(std::string_view text);

/// How many single letters to insert, remove, change or swap with their neighbour.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

/// The known name that was probably meant; absent when none is near. The first of equals wins.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name,
                                                      std::span<const std::string_view> known);
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name,
                                                      std::span<const std::string> known);

}  // namespace tend::text
