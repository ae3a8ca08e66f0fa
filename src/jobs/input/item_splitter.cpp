#include "jobs/input/item_splitter.hpp"

#include <algorithm>

namespace tend::jobs {

void ItemSplitter::append(std::string_view bytes) {
  bytes_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  bytes_.append(bytes);
}

std::optional<std::string_view> ItemSplitter::next() {
  const std::size_t end = bytes_.find(separator_, searched_);
  if (end == std::string::npos) {
    // The last bytes may be the beginning of a separator.
    const std::size_t tail = separator_.size() - 1;
    searched_ = std::max(begin_, bytes_.size() - std::min(bytes_.size(), tail));
    return std::nullopt;
  }
  const std::string_view item = std::string_view(bytes_).substr(begin_, end - begin_);
  begin_ = end + separator_.size();
  searched_ = begin_;
  return item;
}

std::optional<std::string_view> ItemSplitter::rest() {
  if (begin_ == bytes_.size()) {
    return std::nullopt;
  }
  const std::string_view item = std::string_view(bytes_).substr(begin_);
  begin_ = bytes_.size();
  searched_ = begin_;
  return item;
}

}  // namespace tend::jobs
