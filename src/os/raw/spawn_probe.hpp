#pragma once
// The smallest child: it marks the memory it sees and ends. Whether the parent finds the mark tells
// whether they share memory. Freestanding.

#include <cstdint>

namespace tend::os::raw {

struct ProbeMark {
  std::uint32_t value = 0;
};

/// A ChildFunction; the argument is a ProbeMark.
void run_probe(const void* mark);

[[nodiscard]] bool was_seen(const ProbeMark& mark) noexcept;

}  // namespace tend::os::raw
