#include "service/control/output_queue.hpp"

#include <algorithm>

namespace tend::service {

namespace {

// Below this, what was taken stays in front: moving the rest for every write would cost more.
constexpr std::size_t taken_bytes_max = std::size_t{64} * 1024;

}  // namespace

void OutputQueue::add(std::string_view line) {
  bytes_ += line;
  bytes_ += '\n';
}

void OutputQueue::replace(std::string_view line) {
  const std::string_view old = waiting();
  const std::size_t newline = old.find('\n');
  const bool has_rest = is_within_line_ && newline != std::string_view::npos;
  std::string rest(old.substr(0, has_rest ? newline + 1 : 0));
  bytes_ = std::move(rest);
  taken_ = 0;
  add(line);
}

std::string_view OutputQueue::waiting() const noexcept {
  return std::string_view(bytes_).substr(taken_);
}

void OutputQueue::remove_front(std::size_t bytes) {
  bytes = std::min(bytes, size());
  if (bytes == 0) {
    return;
  }
  taken_ += bytes;
  is_within_line_ = bytes_[taken_ - 1] != '\n';
  if (taken_ == bytes_.size() || taken_ > taken_bytes_max) {
    bytes_.erase(0, taken_);
    taken_ = 0;
  }
}

}  // namespace tend::service
