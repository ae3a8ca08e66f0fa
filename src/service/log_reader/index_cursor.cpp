#include "service/log_reader/index_cursor.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "os/file_at.hpp"
#include "os/files.hpp"

namespace tend::service {

namespace {

constexpr std::size_t entries_at_once = 256;

}  // namespace

void IndexCursor::open(std::string name) {
  name_ = std::move(name);
  entries_.clear();
  read_to_ = 0;
  may_have_more_ = true;
}

std::optional<std::int64_t> IndexCursor::time_at(const os::Fd& directory, std::uint64_t offset) {
  while (may_have_more_ && (entries_.empty() || entries_.back().offset <= offset)) {
    read_on(directory);
  }
  const auto behind = std::ranges::upper_bound(entries_, offset, {}, &IndexEntry::offset);
  if (behind == entries_.begin()) {
    return std::nullopt;
  }
  entries_.erase(entries_.begin(), std::prev(behind));
  return entries_.front().realtime_ns;
}

/// Opened for each read: thousands of services are followed at once.
void IndexCursor::read_on(const os::Fd& directory) {
  may_have_more_ = false;
  const auto file = os::open_at(directory, name_, O_RDONLY | O_NONBLOCK);
  if (!file) {
    return;
  }
  std::array<char, entries_at_once * index_entry_bytes> block{};
  const auto count = os::read_at(*file, block, read_to_);
  if (!count) {
    return;
  }
  std::size_t whole = *count / index_entry_bytes * index_entry_bytes;
  const auto bytes = std::span<const char>(block).first(whole);
  // The last entry may be in the making; then it is read again next time.
  if (whole > 0 && !decode_index_entry(bytes.last<index_entry_bytes>())) {
    whole -= index_entry_bytes;
  }
  for (const IndexEntry& entry : decode_index(bytes.first(whole))) {
    while (!entries_.empty() && entries_.back().offset > entry.offset) {
      entries_.pop_back();  // The log was cut from outside.
    }
    entries_.push_back(entry);
  }
  read_to_ += whole;
  may_have_more_ = *count == block.size() && whole > 0;
}

}  // namespace tend::service
