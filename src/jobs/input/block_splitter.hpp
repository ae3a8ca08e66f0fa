#pragma once
// BlockSplitter: cuts a stream of bytes into blocks for --pipe, each of them whole records. Pure;
// the blocks in a row are the stream, byte for byte.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::jobs {

/// A block is as long as both allow; at least one of them is there.
struct BlockLimits {
  std::optional<std::size_t> bytes{};  ///< At least 1. A record that is longer is a block alone.
  std::optional<std::uint64_t> records{};  ///< At least 1.
};

class BlockSplitter {
 public:
  /// The separator ends a record and stays in it; it is not empty.
  BlockSplitter(BlockLimits limits, std::string separator)
      : limits_(limits), separator_(std::move(separator)) {}

  void append(std::string_view bytes);

  /// The next block; absent: it needs more of the stream.
  [[nodiscard]] std::optional<std::string> next();

  /// At the end of the stream, when next() has no more: what is left.
  [[nodiscard]] std::optional<std::string> rest();

  /// Bytes that wait for the end of their block.
  [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }

 private:
  [[nodiscard]] std::optional<std::string> next_by_bytes(std::size_t bytes_max);
  [[nodiscard]] std::optional<std::string> next_by_records(std::uint64_t records_max);
  /// Behind the next separator at or after searched_; absent, and searched_ moved on: there is
  /// none.
  [[nodiscard]] std::optional<std::size_t> next_record_end();
  std::string take_until(std::size_t end);

  BlockLimits limits_;
  std::string separator_;
  std::string bytes_{};
  std::size_t begin_ = 0;        ///< Of the block that comes next.
  std::size_t searched_ = 0;     ///< Where to look for the next separator.
  std::uint64_t records_ = 0;    ///< Whole records from begin_ on that were counted,
  std::size_t records_end_ = 0;  ///< and where the last of them ends.
};

}  // namespace tend::jobs
