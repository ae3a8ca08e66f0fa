#pragma once
// ItemSplitter: cuts a stream of bytes into items at a separator, wherever the pieces of the stream
// happen to be cut. Pure; nothing is lost or altered, neither empty items nor bytes that are no
// UTF-8.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tend::jobs {

class ItemSplitter {
 public:
  /// More than any command could be given (MAX_ARG_STRLEN is 128 KiB, execve(2)), and enough for a
  /// line that is still to be cut into columns.
  static constexpr std::size_t item_bytes_max = std::size_t{16} << 20U;

  /// The separator is not empty.
  explicit ItemSplitter(std::string separator) : separator_(std::move(separator)) {}

  /// Takes more of the stream; items returned before are no longer valid.
  void append(std::string_view bytes);

  /// The next whole item without its separator; absent: it needs more of the stream.
  [[nodiscard]] std::optional<std::string_view> next();

  /// At the end of the stream: the item that no separator ended. A stream that ends with a
  /// separator has no empty item behind it.
  [[nodiscard]] std::optional<std::string_view> rest();

  /// What lies here without an end is longer than any item may be.
  [[nodiscard]] bool is_too_long() const { return bytes_.size() - begin_ > item_bytes_max; }

 private:
  std::string separator_;
  std::string bytes_{};
  std::size_t begin_ = 0;     ///< Of the item that comes next.
  std::size_t searched_ = 0;  ///< Before this place no separator begins after begin_.
};

}  // namespace tend::jobs
