#pragma once
// StateView: where the parts of a mapped state file begin, after checking that all of them lie
// inside. Freestanding; everyone who maps the file looks through this.

#include <cstddef>
#include <cstdint>

#include "service/state_table.hpp"

namespace tend::service {

enum class StateFault : std::uint8_t {
  none,
  too_short,      ///< Not even a header.
  not_ours,       ///< The magic word is missing.
  other_version,  ///< Written by another version of tend.
  torn,           ///< A part lies outside the file.
};

struct StateView {
  StateHeader* header = nullptr;
  std::byte* specs = nullptr;
  std::byte* records = nullptr;
  ChildSlot* slots = nullptr;
  ExitReport* reports = nullptr;
  std::uint32_t* acknowledged = nullptr;
  std::uint64_t* dropped = nullptr;
  Stored* stored = nullptr;
};

namespace detail {

inline bool lies_inside(std::uint64_t offset, std::uint64_t count, std::uint64_t each,
                        std::uint64_t total) noexcept {
  if (offset % 8 != 0 || offset > total || each == 0) {
    return false;
  }
  return count <= (total - offset) / each;
}

}  // namespace detail

/// Fills `view` from the `bytes` bytes at `base`, which must be aligned to 64.
inline StateFault look_into(std::byte* base, std::size_t bytes, StateView& view) noexcept {
  if (bytes < sizeof(StateHeader)) {
    return StateFault::too_short;
  }
  auto* header = reinterpret_cast<StateHeader*>(base);
  for (std::size_t i = 0; i < sizeof state_magic; ++i) {
    if (header->magic[i] != state_magic[i]) {
      return StateFault::not_ours;
    }
  }
  if (header->version != state_version) {
    return StateFault::other_version;
  }
  const std::uint64_t total = header->total_bytes;
  const std::uint64_t count = header->record_count;
  const bool is_whole =
      total <= bytes && header->boot_id[boot_id_bytes - 1] == '\0' &&
      detail::lies_inside(header->specs_offset, header->specs_bytes, 1, total) &&
      detail::lies_inside(header->records_offset, count, header->record_stride, total) &&
      detail::lies_inside(header->slots_offset, count, sizeof(ChildSlot), total) &&
      detail::lies_inside(header->reports_offset, count, sizeof(ExitReport), total) &&
      detail::lies_inside(header->acknowledged_offset, count, sizeof(std::uint32_t), total) &&
      detail::lies_inside(header->dropped_offset, count, sizeof(std::uint64_t), total) &&
      detail::lies_inside(header->stored_offset, header->stored_count, sizeof(Stored), total);
  if (!is_whole) {
    return StateFault::torn;
  }
  view = {.header = header,
          .specs = base + header->specs_offset,
          .records = base + header->records_offset,
          .slots = reinterpret_cast<ChildSlot*>(base + header->slots_offset),
          .reports = reinterpret_cast<ExitReport*>(base + header->reports_offset),
          .acknowledged = reinterpret_cast<std::uint32_t*>(base + header->acknowledged_offset),
          .dropped = reinterpret_cast<std::uint64_t*>(base + header->dropped_offset),
          .stored = reinterpret_cast<Stored*>(base + header->stored_offset)};
  return StateFault::none;
}

/// Reads and writes of words that another process writes or reads at the same time.
template <typename T>
T load_shared(const T& word) noexcept {
  T value{};
  __atomic_load(&word, &value, __ATOMIC_ACQUIRE);
  return value;
}

template <typename T>
void store_shared(T& word, T value) noexcept {
  __atomic_store(&word, &value, __ATOMIC_RELEASE);
}

}  // namespace tend::service
