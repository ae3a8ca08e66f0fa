#include "inspect/region_kinds.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/number.hpp"

namespace tend::inspect {

namespace {

/// A file, by device and inode.
using File = std::pair<std::uint64_t, std::uint64_t>;
using Files = std::set<File>;

File file_of(const Region& region) {
  return {std::uint64_t{region.device_major} << 32U | region.device_minor, region.inode};
}

bool has_access(const Region& region) {
  return region.is_readable || region.is_writable || region.is_executable;
}

/// The files that code comes from: programs and libraries.
Files files_with_code(std::span<const Region> regions) {
  Files files;
  for (const Region& region : regions) {
    if (region.is_executable && region.inode != 0) {
      files.insert(file_of(region));
    }
  }
  return files;
}

/// `[anon:NAME]` is a name that the program has given (prctl(2), PR_SET_VMA_ANON_NAME, Linux 5.17).
bool is_named_anonymous(std::string_view name) { return name.starts_with("[anon:"); }

std::optional<RegionKind> kind_of_bracketed(std::string_view name) {
  if (!name.starts_with('[') || is_named_anonymous(name)) {
    return std::nullopt;
  }
  if (name == "[heap]") {
    return RegionKind::heap;
  }
  if (name == "[stack]") {
    return RegionKind::stack;
  }
  if (name.starts_with("[stack:")) {  // Linux 3.4 to 4.4.
    return RegionKind::thread_stack;
  }
  if (name == "[vdso]") {
    return RegionKind::vdso;
  }
  if (name.starts_with("[vvar")) {
    return RegionKind::vvar;
  }
  if (name == "[vsyscall]") {
    return RegionKind::vsyscall;
  }
  return name.starts_with("[anon_shmem:") ? RegionKind::shared_memory : RegionKind::special;
}

bool is_memory_file(std::string_view name) {
  for (const std::string_view prefix :
       {"/memfd:", "/dev/zero", "/dev/shm/", "/SYSV", "/dev/hugepages/", "/anon_hugepage"}) {
    if (name.starts_with(prefix)) {
      return true;
    }
  }
  return false;
}

RegionKind kind_of_file(const Region& region, const Files& with_code) {
  if (!has_access(region)) {
    return RegionKind::guard;
  }
  if (with_code.contains(file_of(region)) && !region.is_shared) {
    if (region.is_executable) {
      return RegionKind::code;
    }
    return region.is_writable ? RegionKind::data : RegionKind::constants;
  }
  if (is_memory_file(region.name)) {
    return region.is_shared ? RegionKind::shared_memory : RegionKind::anonymous;
  }
  if (region.name.starts_with("/dev/")) {
    return RegionKind::device;
  }
  return region.name.starts_with('/') ? RegionKind::mapped_file : RegionKind::special;
}

/// Whether it lies right behind the variables of a program: what does not fit into the last page of
/// its file. Some linkers leave only constants before it.
bool follows_data(const Region& region, const Region* before) {
  return before != nullptr && before->end == region.begin &&
         (before->kind == RegionKind::data || before->kind == RegionKind::constants);
}

RegionKind kind_of_anonymous(const Region& region, const Region* before) {
  if (!has_access(region)) {
    return RegionKind::guard;
  }
  if (region.is_shared) {
    return RegionKind::shared_memory;
  }
  if (region.is_executable) {
    return RegionKind::generated_code;
  }
  if (region.is_writable && follows_data(region, before) && !is_named_anonymous(region.name)) {
    return RegionKind::bss;
  }
  return RegionKind::anonymous;
}

RegionKind kind_of(const Region& region, const Region* before, const Files& with_code) {
  if (const auto kind = kind_of_bracketed(region.name)) {
    return *kind;
  }
  if (region.inode != 0 || (!region.name.empty() && !is_named_anonymous(region.name))) {
    return kind_of_file(region, with_code);
  }
  return kind_of_anonymous(region, before);
}

/// What a thread library makes: writable private memory with a small guard right below it. An arena
/// of glibc, whose guard is above it, begins at a multiple of 64 MiB.
bool looks_like_stack(const Region& region, const Region* before) {
  constexpr std::uint64_t arena = std::uint64_t{64} << 20U;
  constexpr std::uint64_t stack_min = std::uint64_t{16} << 10U;
  constexpr std::uint64_t guard_max = std::uint64_t{1} << 20U;
  return region.kind == RegionKind::anonymous && region.is_writable && region.inode == 0 &&
         region.bytes() >= stack_min && region.begin % arena != 0 && before != nullptr &&
         before->kind == RegionKind::guard && before->inode == 0 && before->end == region.begin &&
         before->bytes() <= guard_max;
}

Region* region_at(std::span<Region> regions, std::uint64_t address) {
  const auto above = std::ranges::upper_bound(regions, address, {}, &Region::begin);
  if (above == regions.begin() || !std::prev(above)->contains(address)) {
    return nullptr;
  }
  return &*std::prev(above);
}

/// `[stack:17]`
std::int32_t thread_in_name(std::string_view name) {
  name.remove_prefix(std::min(name.find(':') + 1, name.size()));
  name.remove_suffix(name.ends_with(']') ? 1 : 0);
  return parse_integer<std::int32_t>(name).value_or(0);
}

}  // namespace

void set_kinds(std::span<Region> regions, std::span<const StackPointer> stacks,
               std::size_t unplaced) {
  const Files with_code = files_with_code(regions);
  const Region* before = nullptr;
  for (Region& region : regions) {
    region.kind = kind_of(region, before, with_code);
    if (region.kind == RegionKind::thread_stack) {
      region.thread = thread_in_name(region.name);
    }
    before = &region;
  }
  for (const StackPointer& stack : stacks) {
    Region* region = region_at(regions, stack.address);
    if (region != nullptr && region->kind == RegionKind::anonymous) {
      region->kind = RegionKind::thread_stack;
      region->thread = stack.thread;
    }
  }
  before = nullptr;
  for (Region& region : regions) {
    if (unplaced > 0 && looks_like_stack(region, before)) {
      region.kind = RegionKind::thread_stack;
      --unplaced;
    }
    before = &region;
  }
}

}  // namespace tend::inspect
