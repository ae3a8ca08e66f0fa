#pragma once
// The child between clone and exec: what it is to do, as plain arrays, and the one function that
// does it with raw system calls, step by step. No libc, no allocation, no locks, no errno: the
// child may share the memory of a parent with many threads. Freestanding.

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

/// Code of somebody else's, run in the child just before exec; 0, or the errno to fail with.
using PreExec = int (*)(void* context);

/// Everything the child does, in this order. All pointers stay valid until exec. `none` is -1 for
/// descriptors and masks.
struct ChildInput {
  ChildSlot* slot = nullptr;             ///< Shared with the parent, whatever else is.
  std::int32_t* reached_exec = nullptr;  ///< Shared too, or null: set to 1 when only exec is left.
  bool stores_own_pid = false;           ///< The kernel did not (legacy clone with a pidfd).
  std::int32_t cgroup_fd = -1;  ///< Directory of the group to enter; clone3 may have done it.

  std::uint64_t namespaces = 0;  ///< CLONE_NEW* that the clone makes; never clone_newtime.
  /// A pipe, both ends of it: one byte comes when the id maps are written.
  std::int32_t maps_written_fd = -1;
  std::int32_t maps_writer_fd = -1;
  const char* time_offsets = nullptr;  ///< The text of timens_offsets for a time namespace.
  std::uint32_t time_offsets_bytes = 0;

  SessionKind session = SessionKind::keep;
  std::int32_t group = 0;            ///< join_group: which.
  std::int32_t foreground_fd = -1;   ///< A terminal whose foreground group the child's shall be.
  std::int32_t controlling_fd = -1;  ///< A terminal that the new session shall have.

  std::int32_t umask = -1;
  const LimitSetting* limits = nullptr;
  std::uint32_t limit_count = 0;
  std::uint32_t early_limit_count = 0;  ///< The others are set after the descriptors are placed.
  bool has_nice = false;
  std::int32_t nice = 0;
  const unsigned long* affinity = nullptr;
  std::uint32_t affinity_bytes = 0;
  std::int32_t scheduling_policy = -1;  ///< SCHED_*.
  std::int32_t scheduling_priority = 0;
  const char* oom_score = nullptr;  ///< The text of oom_score_adj.
  std::uint32_t oom_score_bytes = 0;

  const char* root = nullptr;            ///< The root directory to be.
  std::int32_t directory_fd = -1;        ///< The working directory to be,
  const char* directory_path = nullptr;  ///< or by its path, as the child sees it then.

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
  bool has_capabilities = false;
  std::uint64_t capabilities = 0;  ///< Exactly these, in all five sets; bit n is CAP_ number n.

  std::int32_t parent_death_signal = 0;
  std::int32_t expected_parent = 0;  ///< With parent_death_signal: who getppid() must be.
  bool no_new_privileges = false;

  bool has_no_handlers = false;    ///< By CLONE_CLEAR_SIGHAND: what is not ignored is at default.
  std::uint64_t ignored = 0;       ///< Signals that are ignored.
  std::uint64_t keep_ignored = 0;  ///< Signals that stay ignored if they are; all others: default.
  PreExec pre_exec = nullptr;
  void* pre_exec_context = nullptr;
  std::uint64_t final_mask = 0;  ///< Blocked signals of the program.

  /// To execute a descriptor: its index in `sources`, and where the child has it, or -1.
  std::int32_t program_source = -1;
  std::int32_t program_target = -1;
  const char* const* candidates = nullptr;  ///< Paths to try, ended by null.
  const char* const* argv = nullptr;
  const char* const* envp = nullptr;
};

/// Does it all and executes. Returns only when something failed, with {step, errno} in the slot.
/// All signals must be blocked by the caller.
void prepare_and_execute(const ChildInput& input) noexcept;

/// The same in a new process, which ends with 127 when something fails.
[[noreturn]] void run_child(const ChildInput& input) noexcept;

}  // namespace tend::os::raw
