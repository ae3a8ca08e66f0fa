#include <tend/inspect/memory_map.hpp>

#include <gmock/gmock.h>

#include <string>

#include "base/scan.hpp"
#include "inspect/maps_text.hpp"
#include "inspect/region_kinds.hpp"

namespace tend::inspect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Region> read(std::string_view text) {
  MapsReader reader;
  while (!text.empty()) {
    reader.add(next_line(text));
  }
  return reader.take();
}

MemoryMap map_of(std::string_view text, std::vector<StackPointer> stacks = {},
                 std::size_t unplaced = 0) {
  MemoryMap map{.regions = read(text)};
  set_kinds(map.regions, stacks, unplaced);
  return map;
}

std::vector<RegionKind> kinds_of(const MemoryMap& map) {
  std::vector<RegionKind> kinds;
  for (const Region& region : map.regions) {
    kinds.push_back(region.kind);
  }
  return kinds;
}

/// A small program as the kernel shows it, shortened.
constexpr const char* program =
    "00400000-00401000 r--p 00000000 fe:01 77                                 /bin/prog\n"
    "00401000-00403000 r-xp 00001000 fe:01 77                                 /bin/prog\n"
    "00403000-00404000 rw-p 00003000 fe:01 77                                 /bin/prog\n"
    "00404000-00406000 rw-p 00000000 00:00 0 \n"
    "01000000-01021000 rw-p 00000000 00:00 0                                  [heap]\n"
    "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 \n"
    "7f0000021000-7f0004000000 ---p 00000000 00:00 0 \n"
    "7f0008000000-7f0008001000 ---p 00000000 00:00 0 \n"
    "7f0008001000-7f0008801000 rw-p 00000000 00:00 0 \n"
    "7f0009000000-7f0009001000 r--p 00000000 fe:01 99                         /etc/data file\n"
    "7f000a000000-7f000a001000 rw-s 00000000 00:01 12                         /memfd:x (deleted)\n"
    "7f000b000000-7f000b001000 rwxp 00000000 00:00 0 \n"
    "7ffe00000000-7ffe00021000 rw-p 00000000 00:00 0                          [stack]\n"
    "7ffe00030000-7ffe00034000 r--p 00000000 00:00 0                          [vvar]\n"
    "7ffe00034000-7ffe00036000 r-xp 00000000 00:00 0                          [vdso]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

TEST(MapsText, a_line_is_a_region) {
  const auto region = parse_region(
      "7f00a000-7f00b000 r-xs 00002000 fe:1f 1234                    /a b/c (deleted)");
  ASSERT_TRUE(region.has_value());
  EXPECT_EQ(region->begin, 0x7f00a000U);
  EXPECT_EQ(region->end, 0x7f00b000U);
  EXPECT_EQ(region->bytes(), 4096U);
  EXPECT_TRUE(region->is_readable && region->is_executable && region->is_shared);
  EXPECT_FALSE(region->is_writable);
  EXPECT_EQ(region->offset, 0x2000U);
  EXPECT_EQ(region->device_major, 0xfeU);
  EXPECT_EQ(region->device_minor, 0x1fU);
  EXPECT_EQ(region->inode, 1234U);
  EXPECT_EQ(region->name, "/a b/c");
  EXPECT_TRUE(region->is_deleted);
}

TEST(MapsText, what_is_not_of_that_form_is_no_region) {
  for (const char* line : {"", "nonsense", "1000-1000 r-xp 0 0:0 0", "2000-1000 r-xp 0 0:0 0",
                           "1000-2000 r-x 0 0:0 0", "1000-2000 r-xp 0 0 0",
                           "1000-2000 r-xp 0 0:0 x", "1000-2000 r-xp 0 0:0", "g-h r-xp 0 0:0 0"}) {
    EXPECT_EQ(parse_region(line), std::nullopt) << line;
  }
}

TEST(MapsText, sizes_belong_to_the_region_before_them) {
  const auto regions = read(
      "1000-2000 r--p 0 00:00 0\nSize: 4 kB\nRss: 4 kB\nPss: 2 kB\nPrivate_Clean: 1 kB\n"
      "Private_Dirty: 3 kB\nSwap: 8 kB\nLocked: 5 kB\nVmFlags: rd mr\n"
      "2000-3000 r--p 0 00:00 0\n");
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_EQ(regions[0].sizes, (RegionSizes{.resident_bytes = 4096,
                                           .proportional_bytes = 2048,
                                           .private_clean_bytes = 1024,
                                           .private_dirty_bytes = 3072,
                                           .swapped_bytes = 8192,
                                           .locked_bytes = 5120}));
  EXPECT_EQ(regions[1].sizes, std::nullopt);
}

TEST(MapsText, a_region_that_overlaps_the_one_before_is_dropped_with_its_sizes) {
  const auto regions =
      read("1000-3000 r--p 0 00:00 0\nRss: 4 kB\n2000-4000 r--p 0 00:00 0\nRss: 8 kB\n");
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].sizes->resident_bytes, 4096U);
}

TEST(MapsText, no_more_regions_are_kept_than_wanted) {
  MapsReader reader(2);
  for (const char* line : {"1000-2000 r--p 0 0:0 0", "2000-3000 r--p 0 0:0 0"}) {
    reader.add(line);
  }
  EXPECT_FALSE(reader.is_cut());
  reader.add("3000-4000 r--p 0 0:0 0");
  EXPECT_TRUE(reader.is_cut());
  EXPECT_EQ(reader.take().size(), 2U);
}

TEST(RegionKinds, of_a_program_are_told_by_names_neighbours_and_permissions) {
  using enum RegionKind;
  const MemoryMap map = map_of(program, {{.thread = 5, .address = 0x7f0008001800}});
  EXPECT_THAT(kinds_of(map),
              ElementsAre(constants, code, data, bss, heap, anonymous, guard, guard, thread_stack,
                          mapped_file, shared_memory, generated_code, stack, vvar, vdso, vsyscall));
  EXPECT_EQ(map.regions[8].thread, 5);
  EXPECT_EQ(map.bytes_of(guard), 0x7f0004000000U - 0x7f0000021000U + 4096);
}

TEST(RegionKinds, a_stack_of_an_unplaced_thread_is_told_by_its_guard) {
  EXPECT_EQ(map_of(program, {}, 0).regions[8].kind, RegionKind::anonymous);
  const MemoryMap map = map_of(program, {}, 7);
  EXPECT_EQ(map.regions[8].kind, RegionKind::thread_stack);
  EXPECT_EQ(map.regions[8].thread, 0);
  // An arena, whose guard is above it, is none.
  EXPECT_EQ(map.regions[5].kind, RegionKind::anonymous);
}

TEST(RegionKinds, names_that_programs_give_to_anonymous_memory_change_nothing) {
  const MemoryMap map = map_of(
      "1000-2000 rw-p 0 00:00 0 [anon:my pool]\n3000-4000 rw-s 0 00:00 0 [anon_shmem:x]\n"
      "5000-6000 rw-p 0 00:00 0 [stack:123]\n7000-8000 r--p 0 00:00 0 [uprobes]\n"
      "9000-a000 rw-s 0 00:05 9 /dev/dri/card0\nb000-c000 rw-s 0 00:0d 3 "
      "anon_inode:[perf_event]\n");
  EXPECT_THAT(kinds_of(map), ElementsAre(RegionKind::anonymous, RegionKind::shared_memory,
                                         RegionKind::thread_stack, RegionKind::special,
                                         RegionKind::device, RegionKind::special));
  EXPECT_EQ(map.regions[2].thread, 123);
}

TEST(RegionKinds, each_has_a_name_and_a_meaning) {
  for (int kind = 0; kind <= static_cast<int>(RegionKind::special); ++kind) {
    EXPECT_FALSE(name_of(static_cast<RegionKind>(kind)).empty()) << kind;
    EXPECT_FALSE(meaning_of(static_cast<RegionKind>(kind)).empty()) << kind;
  }
}

TEST(MemoryMap, finds_the_region_of_an_address) {
  const MemoryMap map = map_of(program);
  EXPECT_EQ(map.find(0x400000), &map.regions[0]);
  EXPECT_EQ(map.find(0x400fff), &map.regions[0]);
  EXPECT_EQ(map.find(0x401000), &map.regions[1]);
  EXPECT_EQ(map.find(0x406000), nullptr);
  EXPECT_EQ(map.find(0), nullptr);
  EXPECT_EQ(map.find(~std::uint64_t{0}), nullptr);
  EXPECT_EQ(MemoryMap{}.find(0x1000), nullptr);
}

TEST(Explain, an_address_in_a_file_is_told_with_its_place_in_the_file) {
  const MemoryMap map = map_of(program);
  const Explanation found = explain(map, 0x401010);
  EXPECT_EQ(found.place, Place::region);
  EXPECT_EQ(found.region, 1U);
  EXPECT_EQ(found.offset, 0x10U);
  EXPECT_EQ(found.file_offset, 0x1010U);
  EXPECT_THAT(found.text, HasSubstr("code of /bin/prog"));
  EXPECT_EQ(explain(map, 0x1000000).file_offset, std::nullopt);
}

TEST(Explain, low_addresses_are_null_pointers) {
  const MemoryMap map = map_of(program);
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{8}, map.space.lowest - 1}) {
    EXPECT_EQ(explain(map, address).place, Place::null_page) << address;
  }
  EXPECT_EQ(explain(map, map.space.lowest).place, Place::hole);
}

TEST(Explain, the_halves_of_the_address_space_are_told_apart) {
  const MemoryMap map = map_of(program);
  EXPECT_EQ(explain(map, map.space.user_end - 1).place, Place::hole);
  EXPECT_EQ(explain(map, map.space.user_end).place, Place::non_canonical);
  EXPECT_EQ(explain(map, map.space.kernel_begin - 1).place, Place::non_canonical);
  EXPECT_EQ(explain(map, map.space.kernel_begin).place, Place::kernel);
  EXPECT_EQ(explain(map, ~std::uint64_t{0}).place, Place::kernel);
  EXPECT_EQ(explain(map, 0xffffffffff600000).place, Place::region);
}

TEST(Explain, below_the_stack_it_grows_as_far_as_the_limit_and_then_overflows) {
  MemoryMap map = map_of(program);
  constexpr std::uint64_t end = 0x7ffe00021000;
  map.space.stack_bytes_max = std::uint64_t{8} << 20U;
  const std::uint64_t lowest = end - *map.space.stack_bytes_max;
  EXPECT_EQ(explain(map, 0x7ffe00000000 - 1).place, Place::stack_growth);
  EXPECT_EQ(explain(map, lowest).place, Place::stack_growth);
  EXPECT_EQ(explain(map, lowest - 1).place, Place::guard_gap);
  EXPECT_EQ(explain(map, lowest - 256 * 4096).place, Place::guard_gap);
  EXPECT_EQ(explain(map, lowest - 256 * 4096 - 1).place, Place::hole);
}

TEST(Explain, a_stack_without_a_limit_grows_down_to_the_gap_above_its_neighbour) {
  const MemoryMap map =
      map_of("10000000-10001000 rw-p 0 00:00 0\n20000000-20001000 rw-p 0 00:00 0 [stack]\n");
  EXPECT_EQ(explain(map, 0x10001000).place, Place::guard_gap);
  EXPECT_EQ(explain(map, 0x10001000 + 256 * 4096 - 1).place, Place::guard_gap);
  EXPECT_EQ(explain(map, 0x10001000 + 256 * 4096).place, Place::stack_growth);
}

TEST(Explain, a_guard_names_the_stack_that_ends_there) {
  const MemoryMap map = map_of(program, {{.thread = 5, .address = 0x7f0008001800}});
  const Explanation found = explain(map, 0x7f0008000ff8);
  EXPECT_EQ(found.place, Place::region);
  EXPECT_THAT(found.text, HasSubstr("thread stack of thread 5"));
  EXPECT_THAT(found.text, HasSubstr("used it up"));
}

TEST(Explain, a_hole_names_its_neighbours) {
  const MemoryMap map = map_of(program);
  const Explanation found = explain(map, 0x406010);
  EXPECT_EQ(found.place, Place::hole);
  EXPECT_EQ(found.below, 3U);
  EXPECT_EQ(found.above, 4U);
  EXPECT_THAT(found.text, HasSubstr("0x10 bytes above the end of bss"));
  EXPECT_THAT(found.text, HasSubstr("below heap"));
  EXPECT_EQ(explain(MemoryMap{}, 0x100000).place, Place::hole);
}

TEST(Explain, names_of_files_are_shown_safely) {
  const MemoryMap map = map_of("1000000-1001000 r--p 00000000 fe:01 7   /x\x1b[31mred\n");
  EXPECT_THAT(explain(map, 0x1000000).text, HasSubstr("/x\\x1b[31mred"));
}

}  // namespace
}  // namespace tend::inspect
