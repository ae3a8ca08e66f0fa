#pragma once
// The time index beside a log file, as values: when which part of the file arrived. Entries have a
// fixed size and a checksum each, so an index that is torn at any byte still tells what its whole
// entries say. Pure: bytes to entries and back, and finding by offset and by time.
//
//   0        8              16    20   24        28        32
//   | offset | realtime ns  | run | kind | spare | checksum |      little endian

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tend::service {

/// What is said about the bytes from `offset` on. Values are part of the file format.
enum class IndexKind : std::uint32_t {
  begin = 1,    ///< The file was begun.
  chunk = 2,    ///< They arrived at this time (or up to 10 ms later).
  cut = 3,      ///< The file ends here amid a line that is too long; the next file goes on with it.
  dropped = 4,  ///< Bytes are missing here: they could not be written (policy `drop`).
};

struct IndexEntry {
  std::uint64_t offset = 0;
  std::int64_t realtime_ns = 0;  ///< Of the arrival in the recorder.
  std::uint32_t run = 0;         ///< The run whose output it is; 0 where there is none.
  IndexKind kind = IndexKind::chunk;

  bool operator==(const IndexEntry&) const = default;
};

inline constexpr std::size_t index_entry_bytes = 32;
using IndexEntryBytes = std::array<char, index_entry_bytes>;

[[nodiscard]] IndexEntryBytes encode(const IndexEntry& entry) noexcept;

/// Nothing: it is torn, or not an entry.
[[nodiscard]] std::optional<IndexEntry> decode_index_entry(
    std::span<const char, index_entry_bytes> bytes) noexcept;

/// The whole entries among the bytes of an index file, with rising offsets; torn ones are left out.
[[nodiscard]] std::vector<IndexEntry> decode_index(std::span<const char> bytes);

/// When the byte at `offset` arrived: what the last entry at or before it says. Nothing: no entry
/// lies before it.
[[nodiscard]] std::optional<std::int64_t> time_at(std::span<const IndexEntry> entries,
                                                  std::uint64_t offset) noexcept;

/// Where the bytes begin that arrived at `realtime_ns` or later: the first entry that says so, for
/// the clock may have been set back. Nothing: all came before.
[[nodiscard]] std::optional<std::uint64_t> offset_since(std::span<const IndexEntry> entries,
                                                        std::int64_t realtime_ns) noexcept;

/// Decides which chunks get an entry: the first of a run, and then at most one per 10 ms or 64 KiB,
/// so that the index of a busy log stays below a thousandth of it.
class IndexThinner {
 public:
  [[nodiscard]] bool wants(const IndexEntry& entry) const noexcept;
  void note(const IndexEntry& entry) noexcept { last_ = entry; }
  void reset() noexcept { last_.reset(); }

 private:
  std::optional<IndexEntry> last_{};
};

}  // namespace tend::service
