#include "service/director/http_head.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace tend::service {

namespace {

constexpr std::string_view version = "HTTP/1.";
constexpr HttpHead partial_head{.state = HttpHead::State::partial};
constexpr HttpHead malformed_head{.state = HttpHead::State::malformed};

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

bool is_plain(char byte) { return byte > ' ' && byte != '\x7f'; }

/// The next line without its end (LF or CR LF), taken from the front; nothing: it is not whole yet.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view line = bytes.substr(0, newline);
  bytes.remove_prefix(newline + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

/// `HTTP/1.1 200 OK`: 200.
std::optional<int> status_of_line(std::string_view line) {
  constexpr std::size_t code_at = version.size() + 2;  // One digit of the version, one space.
  constexpr std::size_t code_end = code_at + 3;
  if (line.size() < code_end || !line.starts_with(version) || !is_digit(line[code_at - 2]) ||
      line[code_at - 1] != ' ' || (line.size() > code_end && line[code_end] != ' ')) {
    return std::nullopt;
  }
  int status = 0;
  for (const char byte : line.substr(code_at, 3)) {
    if (!is_digit(byte)) {
      return std::nullopt;
    }
    status = status * 10 + (byte - '0');
  }
  return status >= 100 && status < 600 ? std::optional(status) : std::nullopt;
}

/// 101 ends HTTP on this connection; the others announce the answer that follows.
bool is_interim(int status) { return status < 200 && status != 101; }

bool take_header_fields(std::string_view& bytes) {
  while (const auto line = take_line(bytes)) {
    if (line->empty()) {
      return true;
    }
  }
  return false;
}

HttpHead read_heads(std::string_view bytes) {
  while (true) {
    const std::string_view front = bytes;
    const auto line = take_line(bytes);
    if (!line) {
      // What cannot become a status line any more is told before a newline comes, if ever.
      const std::size_t known = std::min(front.size(), version.size());
      return front.substr(0, known) == version.substr(0, known) ? partial_head : malformed_head;
    }
    const auto status = status_of_line(*line);
    if (!status) {
      return malformed_head;
    }
    if (!is_interim(*status)) {
      return {.state = HttpHead::State::complete, .status = *status};
    }
    if (!take_header_fields(bytes)) {
      return partial_head;
    }
  }
}

}  // namespace

std::string http_get(std::string_view host, std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "GET ";
  if (!path.starts_with('/')) {
    text += '/';
  }
  for (const char byte : path) {
    if (is_plain(byte)) {
      text += byte;
    } else {
      const auto code = static_cast<unsigned char>(byte);
      text += {'%', digits[code >> 4U], digits[code & 15U]};
    }
  }
  text += " HTTP/1.1\r\nHost: ";
  std::copy_if(host.begin(), host.end(), std::back_inserter(text), is_plain);
  text += "\r\nUser-Agent: tend\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  return text;
}

HttpHead read_http_head(std::string_view bytes) noexcept {
  const HttpHead head = read_heads(bytes.substr(0, http_head_bytes_max));
  return head.state == HttpHead::State::partial && bytes.size() >= http_head_bytes_max
             ? malformed_head
             : head;
}

}  // namespace tend::service
