#pragma once
// The logs of `tend run`: what --log, --joblog and --resume ask for, opened and read.

#include <tend/error.hpp>

#include <optional>
#include <string>

#include "cli/options.hpp"
#include "jobs/log/attempt_record.hpp"
#include "jobs/log/finished_jobs.hpp"
#include "jobs/log/job_log.hpp"
#include "jobs/log/running_jobs.hpp"

namespace tend::cli {

class RunLog {
 public:
  /// `command` is what the jobs are made from: a resumed log must be of the same.
  static Outcome<RunLog> open(const Invocation& invocation, const std::string& command);

  [[nodiscard]] bool is_wanted() const { return json_.has_value() || joblog_.has_value(); }
  [[nodiscard]] Result<> append(const jobs::AttemptRecord& record);

  [[nodiscard]] bool is_resumed() const { return resume_.has_value(); }
  /// The earlier run has done it.
  [[nodiscard]] bool is_done(const jobs::JobIdentity& identity) const;
  /// The earlier run was killed, or lost a worker, while it ran.
  [[nodiscard]] bool may_have_run(const jobs::JobIdentity& identity) const;

  /// A job is about to start in this slot.
  [[nodiscard]] Result<> note_start(const jobs::JobIdentity& identity, unsigned slot);
  /// The run has come to its end.
  void finish();

 private:
  std::optional<jobs::JobLog> json_{};
  std::optional<jobs::JobLog> joblog_{};
  std::optional<jobs::Resume> resume_{};
  jobs::FinishedJobs finished_{};
  std::optional<jobs::RunningJobs> running_{};  ///< While there is a log that tells their ends.
};

}  // namespace tend::cli
