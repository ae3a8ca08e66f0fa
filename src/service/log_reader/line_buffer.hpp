#pragma once
// LineBuffer: cuts a stream of bytes into lines. Lines longer than 64 KiB come in parts, so memory
// is bounded whatever is written. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tend::service {

class LineBuffer {
 public:
  static constexpr std::size_t part_bytes_max = 64 * 1024;

  struct Piece {
    std::string_view bytes{};  ///< Without the newline; valid until the next call.
    bool ends_line = false;
  };

  void append(std::string_view bytes);

  /// The next whole line, or a full part of a long one.
  std::optional<Piece> next();

  /// What is left of a line that has not ended yet; nothing if there is none.
  std::optional<Piece> rest();

  /// Bytes that were not given out yet.
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - begin_; }

 private:
  Piece take(std::size_t count, std::size_t skip);

  std::string bytes_{};
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;  ///< There is no newline before this.
};

}  // namespace tend::service
