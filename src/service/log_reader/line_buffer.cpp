#include "service/log_reader/line_buffer.hpp"

#include <algorithm>

namespace tend::service {

void LineBuffer::append(std::string_view bytes) {
  if (begin_ > 0) {
    bytes_.erase(0, begin_);
    searched_ -= std::min(searched_, begin_);
    begin_ = 0;
  }
  bytes_.append(bytes);
}

LineBuffer::Piece LineBuffer::take(std::size_t count, std::size_t skip) {
  const Piece piece{.bytes = std::string_view(bytes_).substr(begin_, count), .ends_line = skip > 0};
  begin_ += count + skip;
  searched_ = std::max(searched_, begin_);
  return piece;
}

std::optional<LineBuffer::Piece> LineBuffer::next() {
  const std::size_t from = std::max(searched_, begin_);
  const std::size_t newline = bytes_.find('\n', from);
  searched_ = newline == std::string::npos ? bytes_.size() : newline;
  const std::size_t length = searched_ - begin_;
  if (length > part_bytes_max) {
    return take(part_bytes_max, 0);
  }
  if (newline != std::string::npos) {
    return take(length, 1);
  }
  return std::nullopt;
}

std::optional<LineBuffer::Piece> LineBuffer::rest() {
  if (size() == 0) {
    return std::nullopt;
  }
  return take(size(), 0);
}

}  // namespace tend::service
