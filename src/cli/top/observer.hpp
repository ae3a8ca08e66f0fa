#pragma once
// Looks at all processes again and again, and reads of each no more than is shown: a process that
// was there before gives its counters only.

#include <tend/inspect/snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "cli/options.hpp"
#include "cli/process/run_jobs.hpp"
#include "cli/process/service_runs.hpp"
#include "cli/process/users.hpp"
#include "cli/top/observation.hpp"

namespace tend::cli {

class Observer {
 public:
  explicit Observer(const Invocation& invocation) : invocation_(invocation) {}

  /// Errors: as Snapshot::take().
  Outcome<Observation> observe();

  /// Fills in user and command line of these, which are on the screen.
  void describe(Observation& seen, std::span<const std::size_t> shown);

 private:
  /// What does not change while a process lives, unless it executes another program.
  struct Known {
    std::uint64_t mark = 0;
    std::string user{};
    std::string command{};
    std::size_t round_of_command = 0;  ///< 0: not read yet.
    std::size_t last_round = 0;
  };

  std::vector<std::uint64_t> marks_of_all(const inspect::Snapshot& snapshot, bool has_services);
  void add_processes(Observation& seen, const inspect::Snapshot& snapshot);
  void forget_ended();

  const Invocation& invocation_;
  std::map<inspect::Identity, Known> known_{};
  std::optional<inspect::Snapshot> before_{};
  Users users_{};
  JobFinder jobs_{};
  std::size_t round_ = 0;
};

}  // namespace tend::cli
