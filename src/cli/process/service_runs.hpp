#pragma once
// Which processes belong to services of tend: those of every running project of this user, read
// from the state files, so that also a director that hangs cannot hide them.

#include <tend/inspect/process.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/target.hpp"

namespace tend::cli {

/// A service that has a process now, or a process of tend's own.
struct ServiceRun {
  std::string project{};
  std::string name{};       ///< Of the service; `keeper`, `director` or `recorder` of tend's own.
  std::string state{};      ///< The word that `tend status` shows; empty of tend's own.
  bool is_own = false;      ///< A process of tend itself.
  std::int32_t leader = 0;  ///< Its first process; 0: it has none now.
  std::uint64_t mark = 0;   ///< What all its processes have as RLIMIT_LOCKS; 0: none.

  /// `web` where one project runs is enough; `shop/web` tells two apart.
  [[nodiscard]] std::string title() const { return project + "/" + name; }

  bool operator==(const ServiceRun&) const = default;
};

/// Reads the state file of each project; one that cannot be read has no services.
[[nodiscard]] std::vector<ServiceRun> service_runs(std::span<const Target> targets);

/// The marks of processes whose limits have been read, in their order; 0: none.
[[nodiscard]] std::vector<std::uint64_t> marks_of(std::span<const inspect::Process> processes);

/// For each process the run that it belongs to, as an index into `runs`: by its mark, else as the
/// leader, else because its parent belongs to it. Pure.
[[nodiscard]] std::vector<std::optional<std::size_t>> attribution(
    std::span<const inspect::Process> processes, std::span<const std::uint64_t> marks,
    std::span<const ServiceRun> runs);

/// What the kernel keeps for the process without ever using it (RLIMIT_LOCKS), if it is a mark.
[[nodiscard]] std::uint64_t mark_of(const inspect::Process& process);

}  // namespace tend::cli
