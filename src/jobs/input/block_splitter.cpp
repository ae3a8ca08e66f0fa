#include "jobs/input/block_splitter.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tend::jobs {

void BlockSplitter::append(std::string_view bytes) {
  bytes_.erase(0, begin_);
  searched_ -= begin_;
  records_end_ -= std::min(records_end_, begin_);
  begin_ = 0;
  bytes_.append(bytes);
}

std::string BlockSplitter::take_until(std::size_t end) {
  std::string block = bytes_.substr(begin_, end - begin_);
  begin_ = end;
  searched_ = end;
  records_ = 0;
  records_end_ = end;
  return block;
}

std::optional<std::size_t> BlockSplitter::next_record_end() {
  const std::size_t at = bytes_.find(separator_, searched_);
  if (at != std::string::npos) {
    searched_ = at + separator_.size();
    return searched_;
  }
  // The last bytes may be the beginning of a separator.
  const std::size_t tail = std::min(bytes_.size(), separator_.size() - 1);
  searched_ = std::max(searched_, bytes_.size() - tail);
  return std::nullopt;
}

std::optional<std::string> BlockSplitter::next_by_bytes(std::size_t bytes_max) {
  if (size() < bytes_max) {
    return std::nullopt;
  }
  if (searched_ == begin_) {  // Not looked at yet: whole records from the front, as many as fit.
    const std::size_t last = std::string_view(bytes_).substr(begin_, bytes_max).rfind(separator_);
    if (last != std::string_view::npos) {
      return take_until(begin_ + last + separator_.size());
    }
    searched_ = begin_ + bytes_max - std::min(bytes_max, separator_.size() - 1);
  }
  const auto end = next_record_end();
  return end ? std::optional(take_until(*end)) : std::nullopt;
}

std::optional<std::string> BlockSplitter::next_by_records(std::uint64_t records_max) {
  const std::size_t bytes_max = limits_.bytes.value_or(std::numeric_limits<std::size_t>::max());
  while (const auto end = next_record_end()) {
    if (records_ > 0 && *end - begin_ > bytes_max) {
      return take_until(records_end_);
    }
    ++records_;
    records_end_ = *end;
    if (records_ == records_max) {
      return take_until(*end);
    }
  }
  return std::nullopt;
}

std::optional<std::string> BlockSplitter::next() {
  return limits_.records ? next_by_records(*limits_.records)
                         : next_by_bytes(limits_.bytes.value_or(1));
}

std::optional<std::string> BlockSplitter::rest() {
  if (size() == 0) {
    return std::nullopt;
  }
  // A record without an end may be too much for the block of those before it.
  const bool is_over = limits_.bytes && size() > *limits_.bytes;
  return take_until(is_over && records_ > 0 ? records_end_ : bytes_.size());
}

}  // namespace tend::jobs
