// Whatever stands in a memory map: regions in order, and every address has an explanation. The
// first eight bytes are an address.

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/scan.hpp"
#include "inspect/maps_text.hpp"
#include "inspect/region_kinds.hpp"
#include "target.hpp"

namespace {

using namespace tend::inspect;
using tend::fuzz::require;

void check(const MemoryMap& map, std::uint64_t address) {
  const Explanation found = explain(map, address);
  require(!found.text.empty());
  require((found.place == Place::region) == (map.find(address) != nullptr));
  require(!found.region || map.regions[*found.region].contains(address));
  require(!found.below || map.regions[*found.below].end <= address);
  require(!found.above || map.regions[*found.above].begin > address);
}

}  // namespace

void tend::fuzz::try_input(std::string_view input) {
  std::uint64_t address = 0;
  if (input.size() < sizeof address) {
    return;
  }
  std::memcpy(&address, input.data(), sizeof address);
  std::string_view text = input.substr(sizeof address);
  MapsReader reader(1000);
  while (!text.empty()) {
    reader.add(tend::next_line(text));
  }
  MemoryMap map{.is_cut = reader.is_cut()};
  map.regions = reader.take();
  require(map.regions.size() <= 1000);
  const StackPointer stack{.thread = 7, .address = address};
  set_kinds(map.regions, {&stack, 1}, 3);
  map.space.stack_bytes_max = address % 2 == 0 ? std::optional(address) : std::nullopt;
  check(map, address);
  std::uint64_t before = 0;
  for (const Region& region : map.regions) {
    require(region.begin < region.end && region.begin >= before);
    require(!name_of(region.kind).empty());
    before = region.end;
    check(map, region.begin);
    check(map, region.end);
    check(map, region.begin - 1);
  }
}
