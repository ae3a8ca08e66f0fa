#include "service/recorder/time_index.hpp"

#include <algorithm>

namespace tend::service {

namespace {

constexpr std::size_t checksum_at = 28;
constexpr std::int64_t apart_ns = 10'000'000;
constexpr std::uint64_t apart_bytes = 64 * 1024;

template <typename T>
void put(IndexEntryBytes& bytes, std::size_t at, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[at + i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

template <typename T>
T get(std::span<const char, index_entry_bytes> bytes, std::size_t at) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i));
  }
  return value;
}

/// FNV-1a of 32 bits: each step is one to one, so any change of a single byte is found.
std::uint32_t checksum(std::span<const char> bytes) noexcept {
  std::uint32_t sum = 2'166'136'261U;
  for (const char byte : bytes) {
    sum = (sum ^ static_cast<unsigned char>(byte)) * 16'777'619U;
  }
  return sum;
}

bool is_known(std::uint32_t kind) noexcept {
  return kind >= static_cast<std::uint32_t>(IndexKind::begin) &&
         kind <= static_cast<std::uint32_t>(IndexKind::dropped);
}

}  // namespace

IndexEntryBytes encode(const IndexEntry& entry) noexcept {
  IndexEntryBytes bytes{};
  put(bytes, 0, entry.offset);
  put(bytes, 8, static_cast<std::uint64_t>(entry.realtime_ns));
  put(bytes, 16, entry.run);
  put(bytes, 20, static_cast<std::uint32_t>(entry.kind));
  put(bytes, checksum_at, checksum(std::span(bytes).first(checksum_at)));
  return bytes;
}

std::optional<IndexEntry> decode_index_entry(
    std::span<const char, index_entry_bytes> bytes) noexcept {
  const auto kind = get<std::uint32_t>(bytes, 20);
  if (get<std::uint32_t>(bytes, checksum_at) != checksum(bytes.first(checksum_at)) ||
      !is_known(kind)) {
    return std::nullopt;
  }
  return IndexEntry{.offset = get<std::uint64_t>(bytes, 0),
                    .realtime_ns = static_cast<std::int64_t>(get<std::uint64_t>(bytes, 8)),
                    .run = get<std::uint32_t>(bytes, 16),
                    .kind = static_cast<IndexKind>(kind)};
}

std::vector<IndexEntry> decode_index(std::span<const char> bytes) {
  std::vector<IndexEntry> entries;
  entries.reserve(bytes.size() / index_entry_bytes);
  for (; bytes.size() >= index_entry_bytes; bytes = bytes.subspan(index_entry_bytes)) {
    const auto entry = decode_index_entry(bytes.first<index_entry_bytes>());
    if (!entry) {
      continue;
    }
    // An offset that goes back: somebody cut the log file, and what was said of that part is void.
    while (!entries.empty() && entries.back().offset > entry->offset) {
      entries.pop_back();
    }
    entries.push_back(*entry);
  }
  return entries;
}

std::optional<std::int64_t> time_at(std::span<const IndexEntry> entries,
                                    std::uint64_t offset) noexcept {
  const auto behind = std::ranges::upper_bound(entries, offset, {}, &IndexEntry::offset);
  if (behind == entries.begin()) {
    return std::nullopt;
  }
  return std::prev(behind)->realtime_ns;
}

std::optional<std::uint64_t> offset_since(std::span<const IndexEntry> entries,
                                          std::int64_t realtime_ns) noexcept {
  for (const IndexEntry& entry : entries) {
    if (entry.realtime_ns >= realtime_ns) {
      return entry.offset;
    }
  }
  return std::nullopt;
}

bool IndexThinner::wants(const IndexEntry& entry) const noexcept {
  if (!last_ || entry.kind != IndexKind::chunk || entry.run != last_->run) {
    return true;
  }
  // A clock that was set back is news too.
  return entry.realtime_ns >= last_->realtime_ns + apart_ns ||
         entry.realtime_ns < last_->realtime_ns || entry.offset >= last_->offset + apart_bytes;
}

}  // namespace tend::service
