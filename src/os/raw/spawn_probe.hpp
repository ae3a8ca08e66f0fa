#pragma once
// The smallest child: it marks the memory it sees and ends. Whether the parent finds the mark tells
// whether they share memory. Freestanding.

#include <cstdint>

namespace tend::os::raw {

struct ProbeMark {
  std::uint32_t value = 0;

  /// In a child that shares our descriptors: one that it closes after it has got a table of its
  /// own. It must stay open in the parent.
  std::int32_t sacrificed = -1;
  std::int32_t has_own_table = 0;  ///< The child believes so.
};

/// A ChildFunction; the argument is a ProbeMark.
void run_probe(const void* mark);

[[nodiscard]] bool was_seen(const ProbeMark& mark) noexcept;

}  // namespace tend::os::raw
