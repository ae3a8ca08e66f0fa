#pragma once
// OutputStore: what jobs have written and what cannot be shown yet: in memory up to a budget for
// all of them together, beyond it in the spill file.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/output/spill_file.hpp"

namespace tend::jobs {

inline constexpr std::size_t store_budget_bytes = std::size_t{48} << 20U;

/// The held part of one stream of one job. Belongs to a store, which must take or drop it.
class HeldOutput {
 public:
  [[nodiscard]] bool is_empty() const noexcept { return bytes_ == 0; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  friend class OutputStore;

  std::vector<std::string> memory_{};  ///< Older than all that is spilled.
  std::vector<Extent> spilled_{};
  std::size_t taken_ = 0;  ///< Pieces of memory_, then of spilled_, that are gone.
  std::uint64_t bytes_ = 0;
};

class OutputStore {
 public:
  OutputStore(std::size_t budget_bytes, std::string directory)
      : budget_bytes_(budget_bytes), spill_(std::move(directory)) {}

  /// Adds to the end. On an error (the disk is full) nothing was added.
  Result<> append(HeldOutput& held, std::string_view bytes);

  /// Takes the next piece from the front; empty: there is none.
  Result<std::string> take(HeldOutput& held);

  void drop(HeldOutput& held);

  /// Half of the budget is in use: who only runs ahead of a slow reader has run far enough.
  [[nodiscard]] bool is_half_full() const noexcept { return memory_bytes_ > budget_bytes_ / 2; }

  /// Memory in use, which stays within the budget while the disk takes what is beyond it.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return memory_bytes_; }
  [[nodiscard]] std::uint64_t spilled_bytes() const noexcept { return spill_.live_bytes(); }

 private:
  bool append_to_memory(HeldOutput& held, std::string_view bytes, std::size_t bytes_max);
  Result<> append_to_disk(HeldOutput& held, std::string_view bytes);

  std::size_t budget_bytes_;
  std::size_t memory_bytes_ = 0;
  SpillFile spill_;
};

}  // namespace tend::jobs
