// explain() of memory_map.hpp: what an address means, in words.

#include <tend/inspect/memory_map.hpp>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace tend::inspect {

namespace {

/// The kernel keeps this much free below a stack that grows (stack_guard_gap, 256 pages).
constexpr std::uint64_t stack_gap = std::uint64_t{256} * 4096;

std::string file_or_word(const Region& region) {
  return text::printable(region.name) + (region.is_deleted ? " (deleted)" : "");
}

std::string owner(const Region& region) {
  if (region.kind == RegionKind::thread_stack && region.thread != 0) {
    return text::format(" of thread {}", region.thread);
  }
  return region.name.starts_with('/') ? " of " + file_or_word(region) : "";
}

/// "the heap", "code of /usr/bin/sh".
std::string called(const Region& region) {
  return std::string(name_of(region.kind)) + owner(region);
}

std::string permissions(const Region& region) {
  if (!region.is_readable && !region.is_writable && !region.is_executable) {
    return "no access";
  }
  std::vector<std::string_view> allowed;
  if (region.is_readable) {
    allowed.emplace_back("read");
  }
  if (region.is_writable) {
    allowed.emplace_back("write");
  }
  if (region.is_executable) {
    allowed.emplace_back("execute");
  }
  return text::join(allowed, ", ");
}

/// The stack that a guard protects: the region right above it.
const Region* protected_stack(const MemoryMap& map, std::size_t guard) {
  if (map.regions[guard].kind != RegionKind::guard || guard + 1 >= map.regions.size()) {
    return nullptr;
  }
  const Region& above = map.regions[guard + 1];
  return above.kind == RegionKind::thread_stack && above.begin == map.regions[guard].end ? &above
                                                                                         : nullptr;
}

std::string text_in_region(const MemoryMap& map, const Explanation& found) {
  const Region& region = map.regions[*found.region];
  std::string text = text::format("in {} ({}), {:#x} bytes from its begin", called(region),
                                  permissions(region), found.offset);
  if (found.file_offset) {
    text += text::format(", at {:#x} of the file", *found.file_offset);
  }
  if (const Region* stack = protected_stack(map, *found.region)) {
    return text + text::format(": the end of the {} above it; who touches this has used it up",
                               called(*stack));
  }
  return text + ": " + std::string(meaning_of(region.kind));
}

Explanation in_region(const MemoryMap& map, std::size_t index, std::uint64_t address) {
  const Region& region = map.regions[index];
  Explanation found{.place = Place::region, .region = index, .offset = address - region.begin};
  if (region.inode != 0) {
    found.file_offset = region.offset + found.offset;
  }
  found.text = text_in_region(map, found);
  return found;
}

/// Where the main stack, the region above the address, could still grow down to. Never nearer to
/// the region below than the gap.
Place place_below_stack(const MemoryMap& map, const Explanation& found, std::uint64_t address) {
  const Region& stack = map.regions[*found.above];
  std::uint64_t lowest = found.below ? map.regions[*found.below].end : map.space.lowest;
  lowest += std::min(stack_gap, stack.begin - lowest);
  if (map.space.stack_bytes_max) {
    lowest = std::max(lowest, stack.end - std::min(*map.space.stack_bytes_max, stack.end));
  }
  lowest = std::min(lowest, stack.begin);
  if (address >= lowest) {
    return Place::stack_growth;
  }
  return lowest - address <= stack_gap ? Place::guard_gap : Place::hole;
}

Place place_outside(const MemoryMap& map, const Explanation& found, std::uint64_t address) {
  if (address >= map.space.kernel_begin) {
    return Place::kernel;
  }
  if (address >= map.space.user_end) {
    return Place::non_canonical;
  }
  if (address < map.space.lowest) {
    return Place::null_page;
  }
  if (found.above && map.regions[*found.above].kind == RegionKind::stack) {
    return place_below_stack(map, found, address);
  }
  return Place::hole;
}

std::string text_of_hole(const MemoryMap& map, const Explanation& found, std::uint64_t address) {
  std::string text = "not mapped; touching it is SIGSEGV";
  if (found.below) {
    const Region& below = map.regions[*found.below];
    text += text::format("; {:#x} bytes above the end of {}", address - below.end, called(below));
  }
  if (found.above) {
    const Region& above = map.regions[*found.above];
    text += text::format("; {:#x} bytes below {}", above.begin - address, called(above));
  }
  return text;
}

std::string text_outside(const MemoryMap& map, const Explanation& found, std::uint64_t address) {
  switch (found.place) {
    case Place::region: break;
    case Place::null_page:
      return text::format(
          "a null pointer, or something {} bytes into an object that a null pointer stands for: "
          "below {:#x} nothing can be mapped",
          address, map.space.lowest);
    case Place::stack_growth:
      return "below the main stack, where it grows to by itself when it is touched";
    case Place::guard_gap:
      return "in the gap that the kernel keeps below the main stack: the stack has overflowed, by "
             "endless recursion or a very large local variable";
    case Place::hole: return text_of_hole(map, found, address);
    case Place::non_canonical:
      return "between the halves of the address space: no pointer can be that; often memory that "
             "was overwritten or freed before";
    case Place::kernel: return "in the kernel's half of the address space: no program may touch it";
  }
  return "";
}

}  // namespace

const Region* MemoryMap::find(std::uint64_t address) const {
  const auto above = std::ranges::upper_bound(regions, address, {}, &Region::begin);
  if (above == regions.begin() || !std::prev(above)->contains(address)) {
    return nullptr;
  }
  return &*std::prev(above);
}

std::uint64_t MemoryMap::bytes_of(RegionKind kind) const {
  std::uint64_t bytes = 0;
  for (const Region& region : regions) {
    bytes += region.kind == kind ? region.bytes() : 0;
  }
  return bytes;
}

Explanation explain(const MemoryMap& map, std::uint64_t address) {
  const auto above = std::ranges::upper_bound(map.regions, address, {}, &Region::begin);
  const auto index = static_cast<std::size_t>(above - map.regions.begin());
  if (index > 0 && map.regions[index - 1].contains(address)) {
    return in_region(map, index - 1, address);
  }
  Explanation found;
  if (index > 0) {
    found.below = index - 1;
  }
  if (index < map.regions.size()) {
    found.above = index;
  }
  found.place = place_outside(map, found, address);
  found.text = text_outside(map, found, address);
  return found;
}

}  // namespace tend::inspect
