#pragma once
// The collecting of a detached run: what its tasks have recorded beside the log goes through a run
// as if it happened now; what is missing runs.

#include <optional>
#include <string>
#include <utility>

#include "cli/options.hpp"
#include "cli/run/run_log.hpp"
#include "jobs/detached/detached_folder.hpp"
#include "jobs/detached/recordings.hpp"
#include "jobs/detached/replay_backend.hpp"
#include "jobs/front/run_options.hpp"

namespace tend::cli {

class Collection {
 public:
  /// Nothing: there is no detached run beside the --log. Failures: its tasks have not all ended, it
  /// is of another command, or nobody asked for --resume.
  static Outcome<std::optional<Collection>> open(const Invocation& invocation,
                                                 const std::string& command);

  /// A backend that replays what is recorded. `live` is what runs the rest; `this` lives longer.
  [[nodiscard]] jobs::MakeBackend backend_maker(jobs::MakeBackend live,
                                                jobs::ReplayBackend::Live when);

  /// The log has this job already.
  void forget(const jobs::JobIdentity& identity) { recordings_.forget(identity); }

  /// After a run with this exit code: removes the folder if all of it was collected, else says what
  /// is left.
  void close(int exit_code);

 private:
  Collection(jobs::DetachedFolder folder, jobs::DetachedPlan plan)
      : folder_(std::move(folder)), plan_(std::move(plan)) {}

  Outcome<void> read(bool is_forced);
  [[nodiscard]] std::string title() const;

  jobs::DetachedFolder folder_;
  jobs::DetachedPlan plan_;
  jobs::Recordings recordings_{};
};

}  // namespace tend::cli
