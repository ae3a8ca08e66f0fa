#pragma once
// One look at processes, with the services and jobs they belong to: what ps, tree and kill start
// from.

#include <tend/inspect/snapshot.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/process/ps_columns.hpp"
#include "cli/process/run_jobs.hpp"
#include "cli/process/service_runs.hpp"
#include "cli/process/users.hpp"

namespace tend::cli {

/// A snapshot and whose processes they are.
struct Look {
  inspect::Snapshot snapshot{};
  std::vector<ServiceRun> runs{};
  std::vector<std::optional<std::size_t>> owners{};  ///< One per process: index into `runs`.

  /// One per process. Of a look with a filter only once find_jobs() was called.
  std::vector<std::optional<RunJob>> jobs{};

  [[nodiscard]] bool has_jobs() const;

  /// Of this boot, so that identities can be kept beyond it; empty: /proc does not tell.
  std::string boot_id{};

  /// Null: it belongs to no service.
  [[nodiscard]] const ServiceRun* service_of(std::size_t index) const {
    return owners[index] ? &runs[*owners[index]] : nullptr;
  }
};

/// Errors: as Snapshot::take(), and then what to try.
Outcome<Look> look_at_processes(const Invocation& invocation, inspect::SnapshotOptions options);

/// The same for projects that are known already: for looks again and again.
Outcome<Look> look_at_processes(std::span<const Target> targets, inspect::SnapshotOptions options);

/// Also for a look with a filter: it takes one more look, at all processes. Errors: as above.
Outcome<void> find_jobs(Look& look);

/// One process of it with everything around it.
[[nodiscard]] SeenProcess seen_process(const Look& look, std::size_t index, Users& users);

/// What the look could not show, each as one sentence for standard error; empty when it shows all.
[[nodiscard]] std::vector<std::string> blind_spots(const inspect::Snapshot& snapshot);

}  // namespace tend::cli
