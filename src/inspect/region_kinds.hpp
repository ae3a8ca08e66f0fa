#pragma once
// What each region of a memory map is for: told by its name, its permissions, its neighbours and
// where the threads' stack pointers are. Pure.

#include <tend/inspect/memory_map.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace tend::inspect {

/// Where the stack of a thread other than the main one is.
struct StackPointer {
  std::int32_t thread = 0;
  std::uint64_t address = 0;
};

/// Sets `kind`, and `thread` for the stacks of these threads. `unplaced` is how many more threads
/// there are whose stack pointer is not known: so many regions may be taken for their stacks by
/// their looks.
void set_kinds(std::span<Region> regions, std::span<const StackPointer> stacks,
               std::size_t unplaced);

}  // namespace tend::inspect
