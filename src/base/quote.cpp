// The quoting half of text.hpp.

#include <string>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tend::text {

namespace {

void append_hex(std::string& out, std::uint32_t value, unsigned digits) {
  for (unsigned left = digits; left > 0; --left) {
    out += "0123456789abcdef"[(value >> (4 * (left - 1))) & 0xfU];
  }
}

void append_escaped(std::string& out, std::uint32_t code) {
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\t': out += "\\t"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  if (code < 0x80) {
    out += "\\x";
    append_hex(out, code, 2);
  } else {
    out += "\\u";
    append_hex(out, code, 4);
  }
}

/// `also` are characters that get a backslash in front.
void append_printable(std::string& out, std::string_view text, std::string_view also) {
  while (!text.empty()) {
    const Character next = front_character(text);
    const std::size_t bytes = next.bytes == 0 ? 1 : next.bytes;
    if (next.bytes == 0) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(text[0]), 2);
    } else if (is_control(next.code)) {
      append_escaped(out, next.code);
    } else {
      if (bytes == 1 && also.contains(text[0])) {
        out += '\\';
      }
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
}

bool is_plain_for_shell(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || std::string_view("_-./:=@%+,").contains(letter);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_printable(out, text, {});
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_printable(out, text, "\"\\");
  out += '"';
  return out;
}

std::string shell_word(std::string_view text) {
  bool is_plain = !text.empty();
  for (const char letter : text) {
    is_plain = is_plain && is_plain_for_shell(letter);
  }
  if (is_plain) {
    return std::string(text);
  }
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'') {
      out += "'\\''";
    } else {
      out += letter;
    }
  }
  out += '\'';
  return out;
}

std::string shell_words(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    if (&word != words.data()) {
      out += ' ';
    }
    out += shell_word(word);
  }
  return out;
}

}  // namespace tend::text
