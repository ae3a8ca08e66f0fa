// The names and meanings of the kinds of regions; see memory_map.hpp.

#include <tend/inspect/memory_map.hpp>

#include <algorithm>
#include <array>

namespace tend::inspect {

namespace {

struct Entry {
  RegionKind kind;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<Entry, 16> table{{
    {RegionKind::code, "code", "machine code of a program or library"},
    {RegionKind::constants, "constants", "constants of a program or library; writing is an error"},
    {RegionKind::data, "data", "global variables that start with a value"},
    {RegionKind::bss, "bss", "global variables that start as zero"},
    {RegionKind::heap, "heap", "what small allocations come from, grown by brk(2)"},
    {RegionKind::stack, "stack", "the stack of the main thread, which grows down by itself"},
    {RegionKind::thread_stack, "thread stack", "the stack of a thread, of a fixed size"},
    {RegionKind::guard, "guard", "kept without access, so that running into it ends the program"},
    {RegionKind::mapped_file, "mapped file", "a file, mapped by mmap(2)"},
    {RegionKind::shared_memory, "shared memory", "memory that other processes may have too"},
    {RegionKind::anonymous, "anonymous", "memory by mmap(2): large allocations and arenas"},
    {RegionKind::generated_code, "generated code", "code that the program has made itself"},
    {RegionKind::device, "device", "memory of a device"},
    {RegionKind::vdso, "vdso", "code of the kernel, for calls such as clock_gettime(2)"},
    {RegionKind::vvar, "vvar", "data of the kernel that the vdso reads"},
    {RegionKind::vsyscall, "vsyscall", "the old fixed entry into the kernel, for old programs"},
}};

}  // namespace

std::string_view name_of(RegionKind kind) {
  const auto* found = std::ranges::find(table, kind, &Entry::kind);
  return found == table.end() ? "special" : found->name;
}

std::string_view meaning_of(RegionKind kind) {
  const auto* found = std::ranges::find(table, kind, &Entry::kind);
  return found == table.end() ? "a mapping of the kernel's own" : found->meaning;
}

}  // namespace tend::inspect
