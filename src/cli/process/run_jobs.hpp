#pragma once
// Which processes are jobs of a `tend run` that runs now. There is no file to ask: it is seen from
// who started whom, and from the variables that every job has.

#include <tend/inspect/snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tend::cli {

/// A job while it runs.
struct RunJob {
  std::int32_t run = 0;        ///< Its `tend run`.
  std::uint64_t sequence = 0;  ///< TEND_SEQ, from 1.

  [[nodiscard]] std::string title() const;
  bool operator==(const RunJob&) const = default;
};

/// For each process the job that it belongs to: the one that its environment names, if it is a
/// child of a `tend run`, else that of its parent. The snapshot must have the command lines;
/// environments are read of children of a `tend run` only, and one that may not be read names no
/// job.
[[nodiscard]] std::vector<std::optional<RunJob>> jobs_of_runs(const inspect::Snapshot& snapshot);

}  // namespace tend::cli
