#pragma once
// What a new process is to be like, in full and without defaults taken from this process: the input
// of os/spawn.hpp. Command (the library) and the supervisor each fill one.

#include <tend/signal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/descriptor_plan.hpp"
#include "os/fd.hpp"
#include "os/raw/spawn_child.hpp"

namespace tend::os {

struct SpawnOptions {
  /// A path if it has a `/` (relative: to `directory`), else a name looked for in the PATH of
  /// `environment`; see path_candidates().
  std::string program{};
  std::vector<std::string> arguments{};    ///< The whole argv, the program's name included.
  std::vector<std::string> environment{};  ///< KEY=VALUE; nothing is added.
  std::string directory{};                 ///< Empty: that of this process.

  /// Exactly these the child has; include 0, 1 and 2.
  std::vector<DescriptorWish> descriptors{};

  raw::SessionKind session = raw::SessionKind::keep;
  std::int32_t group = 0;  ///< With join_group.
  std::optional<std::uint32_t> umask{};
  std::vector<raw::LimitSetting> limits{};
  std::optional<std::int32_t> nice{};  ///< Absolute, -20 to 19.
  std::vector<std::uint32_t> cpus{};   ///< Affinity; empty: that of this thread.

  std::optional<std::uint32_t> uid{};  ///< Real, effective and saved.
  std::optional<std::uint32_t> gid{};
  std::optional<std::vector<std::uint32_t>> groups{};  ///< Supplementary ones.

  std::int32_t parent_death_signal = 0;  ///< Sent to the child when its parent dies; 0: none.
  bool no_new_privileges = false;
  const Fd* cgroup = nullptr;  ///< Directory of the group to be born in.

  SignalSet keep_ignored{};  ///< Stay ignored if they are; all others: default.
  SignalSet mask{};          ///< Blocked signals of the child.
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
