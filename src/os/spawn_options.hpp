#pragma once
// What a new process is to be like, in full and without defaults taken from this process: the input
// of os/spawn.hpp. Command (the library) and the supervisor each fill one.

#include <tend/capability.hpp>
#include <tend/signal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/descriptor_plan.hpp"
#include "os/fd.hpp"
#include "os/raw/spawn_child.hpp"

namespace tend::os {

/// `count` ids from `inside` on in a user namespace are those from `outside` on in ours.
struct IdRange {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 1;

  bool operator==(const IdRange&) const = default;
};

/// Namespaces that are made for the child (namespaces(7)).
struct NamespaceOptions {
  std::uint64_t flags = 0;         ///< CLONE_NEW*.
  std::vector<IdRange> uid_map{};  ///< Of a new user namespace; empty: nobody is mapped.
  std::vector<IdRange> gid_map{};
  std::int64_t monotonic_s = 0;  ///< Of a new time namespace: what its clocks are ahead of ours.
  std::int64_t boottime_s = 0;

  [[nodiscard]] bool has_maps() const noexcept { return !uid_map.empty() || !gid_map.empty(); }
};

struct SchedulerOptions {
  std::int32_t policy = 0;    ///< SCHED_*.
  std::int32_t priority = 0;  ///< 1 to 99 for SCHED_FIFO and SCHED_RR, 0 for the others.
};

struct SpawnOptions {
  /// A path if it has a `/` (relative: to `directory`), else a name looked for in the PATH of
  /// `environment`; see path_candidates().
  std::string program{};
  std::vector<std::string> arguments{};    ///< The whole argv, the program's name included.
  std::vector<std::string> environment{};  ///< KEY=VALUE; nothing is added.

  /// Instead of `environment`: KEY=VALUE, ended by null, which nobody changes until the child has
  /// executed. See environment_in_place().
  const char* const* environment_in_place = nullptr;

  std::string directory{};  ///< Empty: that of this process, or `/` of `root`.
  std::string root{};       ///< Root directory (chroot(2)); empty: ours.

  /// The program as an open file instead; `program` then only names it in errors.
  std::optional<int> program_descriptor{};

  /// Exactly these the child has; include 0, 1 and 2.
  std::vector<DescriptorWish> descriptors{};

  raw::SessionKind session = raw::SessionKind::keep;
  std::int32_t group = 0;            ///< With join_group.
  std::int32_t controlling_fd = -1;  ///< With new_session: the terminal of the session.
  std::int32_t foreground_fd = -1;   ///< Our terminal, whose foreground group the child's becomes.
  std::optional<std::uint32_t> umask{};
  std::vector<raw::LimitSetting> limits{};
  std::optional<std::int32_t> nice{};  ///< Absolute, -20 to 19.
  std::vector<std::uint32_t> cpus{};   ///< Affinity; empty: that of this thread.
  std::optional<SchedulerOptions> scheduler{};
  std::optional<std::int32_t> oom_score{};  ///< -1000 (never) to 1000 (first) when memory is short.

  std::optional<std::uint32_t> uid{};  ///< Real, effective and saved.
  std::optional<std::uint32_t> gid{};
  std::optional<std::vector<std::uint32_t>> groups{};  ///< Supplementary ones.

  /// Exactly these, in every set of the child.
  std::optional<CapabilitySet> capabilities{};
  NamespaceOptions namespaces{};

  std::int32_t parent_death_signal = 0;  ///< Sent to the child when its parent dies; 0: none.
  bool no_new_privileges = false;
  const Fd* cgroup = nullptr;  ///< Directory of the group to be born in.

  SignalSet ignored{};       ///< Ignored by the child.
  SignalSet keep_ignored{};  ///< Stay ignored if they are; all others: default.
  SignalSet mask{};          ///< Blocked signals of the child.

  /// Run in the child just before exec; it has a copy of our memory then.
  raw::PreExec pre_exec = nullptr;
  void* pre_exec_context = nullptr;
};

/// The paths that exec is tried with, in order. A name with `/` is the only one. Else each entry of
/// the child's PATH in turn (an empty entry is the working directory, as in POSIX); without PATH in
/// the child's environment /usr/local/bin, /usr/bin and /bin.
[[nodiscard]] std::vector<std::string> path_candidates(const SpawnOptions& options);

/// The failure that a child stored in its slot, in words: names the path, limit or descriptor it
/// was about, and for exec what errno does not say (a missing interpreter, no `#!` line).
[[nodiscard]] Error describe_spawn_failure(std::int32_t packed_step, std::int32_t code,
                                           const SpawnOptions& options);

}  // namespace tend::os
