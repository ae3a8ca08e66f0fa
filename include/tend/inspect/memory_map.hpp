#pragma once
// The memory map of a process: which regions it has, what each of them is for, and what any address
// means.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::inspect {

/// What a region is for, by its name, its rights and its neighbours.
enum class RegionKind : std::uint8_t {
  code,            ///< Executable, from a program or library.
  constants,       ///< Read-only, from a program or library.
  data,            ///< Writable copy of the initialised variables of a program or library.
  bss,             ///< Variables that start as zero; they follow the data of their program.
  heap,            ///< Grown by brk(2): what small allocations come from.
  stack,           ///< Of the main thread; grows down by itself.
  thread_stack,    ///< Of another thread.
  guard,           ///< Not accessible on purpose, such as below a thread's stack.
  mapped_file,     ///< A file by mmap(2) that no code comes from.
  shared_memory,   ///< Shared without a file on a disk: memfd, /dev/shm, System V, MAP_SHARED.
  anonymous,       ///< Private memory by mmap(2): large allocations, arenas, generated data.
  generated_code,  ///< Anonymous and executable: a just-in-time compiler's.
  device,          ///< Memory of a device.
  vdso,            ///< Code of the kernel for calls without a system call (vdso(7)).
  vvar,            ///< The data that the vdso reads.
  vsyscall,        ///< The vdso's predecessor at its fixed place, x86-64 only.
  special,         ///< Something else of the kernel's, named in brackets.
};

/// One word or two: `thread stack`; and a sentence without the full stop.
[[nodiscard]] std::string_view name_of(RegionKind kind);
[[nodiscard]] std::string_view meaning_of(RegionKind kind);

/// How much of a region is where, in bytes (/proc/PID/smaps).
struct RegionSizes {
  std::uint64_t resident_bytes = 0;
  std::uint64_t proportional_bytes = 0;  ///< Each page divided by how many processes share it.
  std::uint64_t private_clean_bytes = 0;
  std::uint64_t private_dirty_bytes = 0;
  std::uint64_t swapped_bytes = 0;
  std::uint64_t locked_bytes = 0;

  bool operator==(const RegionSizes&) const = default;
};

/// One line of /proc/PID/maps (proc(5)).
struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< The first address behind it.
  bool is_readable = false;
  bool is_writable = false;
  bool is_executable = false;
  bool is_shared = false;
  RegionKind kind = RegionKind::anonymous;
  std::int32_t thread = 0;   ///< Whose stack a thread_stack is, where that could be found out.
  std::uint64_t offset = 0;  ///< In the file, in bytes.
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;  ///< 0: no file.
  bool is_deleted = false;  ///< The file has no name any more.
  std::string name{};       ///< The file, or the kernel's word: `[heap]`. Any bytes but newline.
  std::optional<RegionSizes> sizes{};

  [[nodiscard]] std::uint64_t bytes() const noexcept { return end - begin; }
  [[nodiscard]] bool contains(std::uint64_t address) const noexcept {
    return address >= begin && address < end;
  }
  bool operator==(const Region&) const = default;
};

/// Where addresses of user programs may lie.
struct AddressSpace {
  std::uint64_t lowest = 65536;             ///< Below, nothing can be mapped (mmap_min_addr).
  std::uint64_t user_end = 0x7ffffffff000;  ///< The first address no program can have.
  std::uint64_t kernel_begin = 0xffff800000000000;  ///< From here on, the kernel's.
  std::optional<std::uint64_t> stack_bytes_max{};   ///< RLIMIT_STACK; absent: unlimited or unknown.

  bool operator==(const AddressSpace&) const = default;
};

/// All regions of a process, as they were while /proc/PID/maps was read.
struct MemoryMap {
  std::vector<Region> regions{};  ///< By address; none overlaps another.
  AddressSpace space{};
  bool is_cut = false;  ///< There were more than `regions_max`.

  /// The region that holds the address, or nullptr. It points into `regions`.
  [[nodiscard]] const Region* find(std::uint64_t address) const;

  /// All bytes of the regions of this kind.
  [[nodiscard]] std::uint64_t bytes_of(RegionKind kind) const;

  bool operator==(const MemoryMap&) const = default;
};

/// More than the kernel's default of vm.max_map_count (65,530) by far.
inline constexpr std::size_t regions_max = 1'000'000;

/// Where an address lies.
enum class Place : std::uint8_t {
  region,         ///< In a region.
  null_page,      ///< So low that nothing can lie there: a null pointer, perhaps with an offset.
  stack_growth,   ///< Below the main stack, where it would still grow to.
  guard_gap,      ///< Below the main stack, where it may not grow to: an overflow ends here.
  hole,           ///< In a program's half, but nothing is mapped.
  non_canonical,  ///< Between the halves: no pointer can have this value.
  kernel,         ///< In the kernel's half.
};

/// What explain() found out.
struct Explanation {
  Place place = Place::hole;
  std::optional<std::size_t> region{};         ///< Index into the map, for Place::region.
  std::uint64_t offset = 0;                    ///< From the begin of that region.
  std::optional<std::uint64_t> file_offset{};  ///< In the file that is mapped there.
  std::optional<std::size_t> below{};          ///< The nearest region below, if not in one.
  std::optional<std::size_t> above{};          ///< The nearest region above, if not in one.
  std::string text{};                          ///< All of that in one or two sentences.
};

/// What an address means in this map. Pure; it reads no memory.
[[nodiscard]] Explanation explain(const MemoryMap& map, std::uint64_t address);

}  // namespace tend::inspect
