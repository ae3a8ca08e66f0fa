#pragma once
// LinePrefix: puts a text in front of each line of a stream that comes in pieces, and ends the last
// line where the stream did not. Pure. (cli/line_prefix.hpp is about the names of services.)

#include <string>
#include <string_view>

namespace tend::jobs {

class LinePrefix {
 public:
  /// An empty one only ends the last line.
  explicit LinePrefix(std::string prefix) : prefix_(std::move(prefix)) {}

  /// Appends the next piece of the stream to `to`.
  void append(std::string_view bytes, std::string& to);

  /// The same without copying it, where there is no prefix.
  [[nodiscard]] bool is_empty() const noexcept { return prefix_.empty(); }
  void pass(std::string_view bytes) noexcept {
    is_in_line_ = bytes.empty() ? is_in_line_ : bytes.back() != '\n';
  }

  /// The stream begins anew.
  void restart() noexcept { is_in_line_ = false; }

  /// What is missing at the end of the stream: a newline or nothing.
  [[nodiscard]] std::string_view ending() const noexcept { return is_in_line_ ? "\n" : ""; }

 private:
  std::string prefix_;
  bool is_in_line_ = false;
};

}  // namespace tend::jobs
