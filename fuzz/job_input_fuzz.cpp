// Whatever comes in on a job's input: items, blocks and rows are the same however the stream is cut
// into pieces, and no byte of items and blocks is lost.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/input/block_splitter.hpp"
#include "jobs/input/csv_splitter.hpp"
#include "jobs/input/item_splitter.hpp"
#include "target.hpp"

namespace {

using namespace tend::jobs;
using Words = std::vector<std::string>;

template <typename Take>
void in_pieces(std::string_view bytes, std::size_t piece_bytes, Take take) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    take(piece);
  }
}

Words items_of(std::string_view bytes, const std::string& separator, std::size_t piece_bytes) {
  ItemSplitter splitter(separator);
  Words items;
  in_pieces(bytes, piece_bytes, [&](std::string_view piece) {
    splitter.append(piece);
    while (const auto item = splitter.next()) {
      items.emplace_back(*item);
    }
  });
  if (const auto item = splitter.rest()) {
    items.emplace_back(*item);
  }
  return items;
}

Words blocks_of(std::string_view bytes, const BlockLimits& limits, const std::string& separator,
                std::size_t piece_bytes) {
  BlockSplitter splitter(limits, separator);
  Words blocks;
  in_pieces(bytes, piece_bytes, [&](std::string_view piece) {
    splitter.append(piece);
    while (auto block = splitter.next()) {
      blocks.push_back(*std::move(block));
    }
  });
  while (auto block = splitter.rest()) {
    blocks.push_back(*std::move(block));
  }
  return blocks;
}

/// The rows up to the first error, and that error.
std::pair<std::vector<CsvRecord>, std::string> rows_of(std::string_view bytes,
                                                       std::size_t piece_bytes) {
  CsvSplitter splitter;
  std::string error;
  in_pieces(bytes, piece_bytes, [&](std::string_view piece) {
    if (error.empty()) {
      const auto taken = splitter.append(piece);
      error = taken ? "" : taken.error().message();
    }
  });
  if (error.empty()) {
    const auto finished = splitter.finish();
    error = finished ? "" : finished.error().message();
  }
  std::vector<CsvRecord> rows;
  while (auto row = splitter.next()) {
    rows.push_back(*std::move(row));
  }
  return {error.empty() ? rows : std::vector<CsvRecord>{}, error};
}

std::string joined(const Words& words, std::string_view separator) {
  std::string whole;
  for (const std::string& word : words) {
    whole.append(whole.empty() && &word == words.data() ? "" : separator).append(word);
  }
  return whole;
}

}  // namespace

void tend::fuzz::try_input(std::string_view bytes) {
  if (bytes.size() < 3) {
    return;
  }
  const auto choice = static_cast<unsigned char>(bytes[0]);
  const std::string separator(bytes.substr(1, 1 + choice % 2));
  const std::size_t piece_bytes = 1 + choice / 2 % 7;
  bytes.remove_prefix(3);

  const Words items = items_of(bytes, separator, piece_bytes);
  require(items == items_of(bytes, separator, bytes.size() + 1));
  const std::string whole = joined(items, separator);
  require(bytes == whole || bytes == whole + separator);

  for (const BlockLimits& limits : {BlockLimits{.bytes = 5}, BlockLimits{.records = 2},
                                    BlockLimits{.bytes = 4, .records = 3}}) {
    const Words blocks = blocks_of(bytes, limits, separator, piece_bytes);
    require(blocks == blocks_of(bytes, limits, separator, bytes.size() + 1));
    require(joined(blocks, "") == bytes);
  }
  require(rows_of(bytes, piece_bytes) == rows_of(bytes, bytes.size() + 1));
}
