#pragma once
// RunningJobs: which jobs a run has begun, in a file beside its log (`LOG.running`), for the day
// when tend is killed: the log knows only what has ended. The file goes when the run ends by
// itself.

#include <tend/error.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/log/job_identity.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class RunningJobs {
 public:
  /// What an earlier run left, if this one goes on with it.
  enum class Content : bool { kept, replaced };

  /// Makes no file yet. Errors: what is there cannot be read or replaced.
  static Result<RunningJobs> open(const std::string& log_path, Content content);

  /// The job is about to start in this slot (from 1). Its place is used again by the next one
  /// there: by then the log has its end.
  Result<> note_start(const JobIdentity& identity, unsigned slot);

  /// The job has ended without success, and the log knows it: it may run again, but nobody has to
  /// guess.
  Result<> note_failure(const JobIdentity& identity);

  /// Whether an earlier run, which was killed, had begun the job and this one has not.
  [[nodiscard]] bool was_running(const JobIdentity& identity) const {
    return left_.contains(identity);
  }

  /// The run ends by itself, so the log says all, but for what was left and never came to its turn.
  Result<> finish();

 private:
  explicit RunningJobs(std::string path) : path_(std::move(path)) {}

  Result<> read();
  Result<> write_line(std::uint64_t line, const std::string& words);

  std::string path_;
  os::Fd file_{};  ///< From the first start on.
  std::set<JobIdentity> left_{};
  std::vector<JobIdentity> in_slots_{};  ///< The last one in each.
  std::uint64_t lines_before_ = 0;       ///< Of what was left; those of the slots follow.
};

}  // namespace tend::jobs
