#pragma once
// DetachedFolder: what lies where of a detached run. It is beside the log, `LOG.detached`, on a
// file system that this machine and the nodes share:
//
//   plan         the rules of the run, for its tasks
//   script       what sbatch was given
//   slurm-job    the number that Slurm gave it; not there: sbatch has not said one
//   K.jobs       the share of task K, from 1
//   K.N.results  what task K has recorded when it was started for the Nth time, from 0
//   K.out        what task K itself had to say
//
// Whoever removes or renames the folder calls the run off: a task that does not find it does
// nothing.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/backend.hpp"
#include "jobs/front/run_options.hpp"
#include "jobs/schedule/retry_policy.hpp"

namespace tend::jobs {

/// What is the same for all tasks of a run.
struct DetachedPlan {
  std::string name{};     ///< Of the job in Slurm; no other has it.
  std::string command{};  ///< The template that jobs are made from.
  std::uint64_t jobs = 0;
  unsigned tasks = 1;
  unsigned slots = 1;  ///< Of each task.
  std::chrono::nanoseconds delay{};
  RetryPolicy retries{};
  TimeLimit timeout{};
  AttemptSettings settings{};
};

class DetachedFolder {
 public:
  explicit DetachedFolder(std::string path) : path_(std::move(path)) {}

  /// Of the run with this log. Errors: the path of the log cannot be made absolute.
  static Result<DetachedFolder> beside(const std::string& log);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const;

  static std::string share_name(unsigned task);
  static std::string recording_name(unsigned task, unsigned start);

  [[nodiscard]] bool exists() const;
  /// Errors: EEXIST when there is one.
  Result<> create() const;

  Result<> write_plan(const DetachedPlan& plan) const;
  [[nodiscard]] Result<DetachedPlan> read_plan() const;

  Result<> write_file(const std::string& name, std::string_view text) const;

  /// The number in `slurm-job`; nothing: there is none.
  [[nodiscard]] std::optional<std::string> slurm_job() const;

  /// The paths of all that a task has recorded, in the order of its starts.
  [[nodiscard]] Result<std::vector<std::string>> recordings_of(unsigned task) const;

  /// Calls the run off, and removes the folder; false: a task has begun, so all is left as it was.
  [[nodiscard]] Result<bool> withdraw() const;

  /// With all that is in it.
  Result<> remove() const;

 private:
  std::string path_;
};

}  // namespace tend::jobs
