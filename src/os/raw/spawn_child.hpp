#pragma once
// The child between clone and exec: what it is to do, as plain arrays, and the one function that
// does it with raw system calls. No libc, no allocation, no locks, no errno: the child may share
// the memory of a parent with many threads. Freestanding.

#include <cstdint>

#include "os/raw/child_slot.hpp"

namespace tend::os::raw {

/// One resource limit: RLIMIT_*, soft and hard (UINT64_MAX = unlimited).
struct LimitSetting {
  std::int32_t resource;
  std::uint64_t soft;
  std::uint64_t hard;
};

/// A descriptor of the parent that the child is to have under some number.
struct DescriptorSource {
  std::int32_t number;
  std::int32_t is_in_the_way;  ///< 1: its number is a target, so it must be moved first.
};

/// Source number `source` of the table becomes descriptor `target`.
struct DescriptorPlacement {
  std::uint32_t source;
  std::int32_t target;
};

/// All descriptors from `first` to `last` are to be gone after exec.
struct DescriptorHole {
  std::uint32_t first;
  std::uint32_t last;
};

enum class SessionKind : std::int32_t { keep, new_session, new_group, join_group };

/// Everything the child does, in this order. All pointers stay valid until exec. `none` is -1 for
/// descriptors and masks.
struct ChildInput {
  ChildSlot* slot = nullptr;             ///< Shared with the parent, whatever else is.
  std::int32_t* reached_exec = nullptr;  ///< Shared too, or null: set to 1 when only exec is left.
  bool stores_own_pid = false;           ///< The kernel did not (legacy clone with a pidfd).
  std::int32_t cgroup_fd = -1;  ///< Directory of the group to enter; clone3 may have done it.

  SessionKind session = SessionKind::keep;
  std::int32_t group = 0;  ///< join_group: which.
  std::int32_t umask = -1;
  const LimitSetting* limits = nullptr;
  std::uint32_t limit_count = 0;
  std::uint32_t early_limit_count = 0;  ///< The others are set after the descriptors are placed.
  bool has_nice = false;
  std::int32_t nice = 0;
  const unsigned long* affinity = nullptr;
  std::uint32_t affinity_bytes = 0;

  std::int32_t directory_fd = -1;  ///< The working directory to be.

  const DescriptorSource* sources = nullptr;
  std::uint32_t source_count = 0;
  std::int32_t* placed = nullptr;  ///< Scratch: room for `source_count` numbers.
  const DescriptorPlacement* placements = nullptr;
  std::uint32_t placement_count = 0;
  const DescriptorHole* holes = nullptr;
  std::uint32_t hole_count = 0;

  const std::uint32_t* groups = nullptr;
  std::uint32_t group_count = 0;
  bool has_groups = false;
  bool has_gid = false;
  std::uint32_t gid = 0;
  bool has_uid = false;
  std::uint32_t uid = 0;

  std::int32_t parent_death_signal = 0;
  std::int32_t expected_parent = 0;  ///< With parent_death_signal: who getppid() must be.
  bool no_new_privileges = false;

  std::uint64_t keep_ignored = 0;  ///< Signals that stay ignored if they are; all others: default.
  std::uint64_t final_mask = 0;    ///< Blocked signals of the program.

  const char* const* candidates = nullptr;  ///< Paths to try, ended by null.
  const char* const* argv = nullptr;
  const char* const* envp = nullptr;
};

/// Does it all and executes. If something fails, stores {step, errno} in the slot and ends with
/// 127. All signals must be blocked by the parent before the clone.
[[noreturn]] void run_child(const ChildInput& input) noexcept;

}  // namespace tend::os::raw
