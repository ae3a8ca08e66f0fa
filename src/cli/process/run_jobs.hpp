#pragma once
// Which processes are jobs of a `tend run` that runs now. There is no file to ask: it is seen from
// who started whom, and from the variables that every job has.

#include <tend/inspect/snapshot.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace tend::cli {

/// A job while it runs.
struct RunJob {
  std::int32_t run = 0;        ///< Its `tend run`, or the `tend worker` that has it from one.
  std::uint64_t sequence = 0;  ///< TEND_SEQ, from 1.

  [[nodiscard]] std::string title() const;
  auto operator<=>(const RunJob&) const = default;
};

/// `{"run": 17, "sequence": 1}`, or null.
[[nodiscard]] json::Value json_of(const std::optional<RunJob>& job);

/// Finds jobs, look after look: what was read of a process is not read again while it lives.
class JobFinder {
 public:
  /// For each process the job that it belongs to: the one that its environment names, if it is a
  /// child of a `tend run`, else that of its parent. The snapshot must be one of all processes.
  /// Read are command lines of what is called tend, and environments of children of a run; one that
  /// may not be read names no job.
  [[nodiscard]] std::vector<std::optional<RunJob>> jobs_in(const inspect::Snapshot& snapshot);

 private:
  /// What the environment of a process says of the job that it is.
  struct Variables {
    std::string run{};  ///< TEND_RUN: no two runs have the same.
    std::optional<std::uint64_t> sequence{};
  };
  struct Known {
    std::optional<bool> is_run{};
    std::optional<Variables> variables{};
    std::size_t last_round = 0;
  };

  [[nodiscard]] bool is_run(const inspect::Process& process);
  [[nodiscard]] Variables variables_of(const inspect::Process& process);
  [[nodiscard]] Known& known(const inspect::Process& process);
  [[nodiscard]] static bool read_is_run(const inspect::Identity& identity);
  [[nodiscard]] static Variables read_variables(const inspect::Identity& identity);

  std::map<inspect::Identity, Known> known_{};
  std::size_t round_ = 0;
};

}  // namespace tend::cli
