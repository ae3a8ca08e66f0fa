#pragma once
// Is the process with this pid still the leader that the state file speaks of? Asked when its
// parent is dead, and nobody keeps the pid from being given to a stranger any more.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>

#include "os/fd.hpp"
#include "service/state_file.hpp"

namespace tend::service {

/// What the state file says of a leader.
struct KnownLeader {
  std::uint32_t token = 0;  ///< StateHeader::mark_token.
  std::uint32_t run = 0;
  std::int32_t pid = 0;           ///< 0: there is none.
  std::uint64_t start_ticks = 0;  ///< 0: not known; then the mark decides.
};

/// What is seen of a process.
struct SeenProcess {
  std::optional<std::uint64_t> start_ticks{};
  bool has_mark = false;  ///< Of this run.
};

/// Two processes with one pid never have the same start time; where the time was not written down
/// before the director died, the mark of the run tells.
[[nodiscard]] constexpr bool is_same(const KnownLeader& known, const SeenProcess& seen) noexcept {
  return known.start_ticks != 0 ? seen.start_ticks == known.start_ticks : seen.has_mark;
}

/// The leader of the present run of a record, adopted or not.
[[nodiscard]] KnownLeader leader_in(const StateFile& state, std::uint32_t index);

/// Whether the process with its pid is this leader now. It may have ended the next moment.
[[nodiscard]] bool is_there(const KnownLeader& leader);

/// A pidfd of it. Nothing: it has ended, or a stranger has its pid now.
[[nodiscard]] std::optional<os::Fd> open_leader(const KnownLeader& leader);

/// Whether the process carries the mark of this run, as a limit or in its environment; who has
/// ended, or hides from us, carries none. EMFILE, ENFILE, ENOMEM: that could not be found out.
[[nodiscard]] Result<bool> carries_mark(std::int32_t pid, std::uint32_t token, std::uint32_t run);

/// Whether the process carries the mark of any run of the project.
[[nodiscard]] bool carries_mark_of_project(std::int32_t pid, std::uint32_t token);

}  // namespace tend::service
