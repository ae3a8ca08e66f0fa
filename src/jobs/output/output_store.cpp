#include "jobs/output/output_store.hpp"

#include <algorithm>

#include "base/try.hpp"

namespace tend::jobs {

namespace {

/// Pieces grow up to this size, so that lines do not each cost an allocation.
constexpr std::size_t piece_bytes = std::size_t{64} << 10U;

/// Where the disk takes no more, streams as short as this still fit into memory, beyond the budget
/// but not beyond this much together: what a job says that has little to say.
constexpr std::size_t short_bytes = std::size_t{16} << 10U;
constexpr std::size_t reserve_bytes = std::size_t{4} << 20U;

constexpr std::size_t read_bytes = std::size_t{256} << 10U;

}  // namespace

/// False: it does not fit. Capacities are counted, not sizes: they are what is used.
bool OutputStore::append_to_memory(HeldOutput& held, std::string_view bytes,
                                   std::size_t bytes_max) {
  auto& pieces = held.memory_;
  const bool grows = !pieces.empty() && pieces.back().size() + bytes.size() <= piece_bytes;
  const std::size_t before = grows ? pieces.back().capacity() : 0;
  const std::size_t after =
      grows ? std::min(piece_bytes, std::max(before, (pieces.back().size() + bytes.size()) * 2))
            : bytes.size();
  if (memory_bytes_ + (after - std::min(before, after)) > bytes_max) {
    return false;
  }
  if (!grows) {
    pieces.emplace_back();
  }
  pieces.back().reserve(after);
  pieces.back().append(bytes);
  memory_bytes_ += pieces.back().capacity() - before;
  return true;
}

Result<> OutputStore::append(HeldOutput& held, std::string_view bytes) {
  if (bytes.empty()) {
    return {};
  }
  // Once a stream has spilled, all that follows does too: the order of its pieces is their order.
  if (!held.spilled_.empty() || !append_to_memory(held, bytes, budget_bytes_)) {
    auto spilled = append_to_disk(held, bytes);
    const bool is_short = held.spilled_.empty() && held.bytes_ + bytes.size() <= short_bytes;
    if (!spilled && !(is_short && append_to_memory(held, bytes, budget_bytes_ + reserve_bytes))) {
      return spilled;
    }
  }
  held.bytes_ += bytes.size();
  return {};
}

Result<> OutputStore::append_to_disk(HeldOutput& held, std::string_view bytes) {
  const Extent extent = TEND_TRY(spill_.append(bytes));
  auto& extents = held.spilled_;
  if (!extents.empty() && extents.back().offset + extents.back().bytes == extent.offset) {
    extents.back().bytes += extent.bytes;
  } else {
    extents.push_back(extent);
  }
  return {};
}

Result<std::string> OutputStore::take(HeldOutput& held) {
  if (held.bytes_ == 0) {
    return std::string();
  }
  std::string bytes;
  if (held.taken_ < held.memory_.size()) {
    std::string& piece = held.memory_[held.taken_++];
    memory_bytes_ -= piece.capacity();
    bytes = std::move(piece);
  } else {
    Extent& extent = held.spilled_[held.taken_ - held.memory_.size()];
    bytes = TEND_TRY(spill_.take(extent, read_bytes));
    held.taken_ += extent.bytes == 0 ? 1 : 0;
  }
  held.bytes_ -= bytes.size();
  if (held.bytes_ == 0) {
    held = {};
  }
  return bytes;
}

void OutputStore::drop(HeldOutput& held) {
  for (std::size_t index = held.taken_; index < held.memory_.size(); ++index) {
    memory_bytes_ -= held.memory_[index].capacity();
  }
  const std::size_t first = held.taken_ - std::min(held.taken_, held.memory_.size());
  for (std::size_t index = first; index < held.spilled_.size(); ++index) {
    spill_.drop(held.spilled_[index]);
  }
  held = {};
}

}  // namespace tend::jobs
