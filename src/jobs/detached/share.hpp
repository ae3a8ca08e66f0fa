#pragma once
// Shares: the jobs of a detached run, dealt out to its tasks one by one, each share in a file.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/detached/record_file.hpp"
#include "jobs/input/job_source.hpp"
#include "jobs/log/job_identity.hpp"

namespace tend::jobs {

/// Writes the shares `FOLDER/1.jobs`, `FOLDER/2.jobs`, ... Neighbours go to different tasks: where
/// long jobs stand together, no task has all of them.
class ShareWriter {
 public:
  ShareWriter(std::string folder, unsigned tasks) : folder_(std::move(folder)), shares_(tasks) {}

  Result<> add(const Job& job, const JobIdentity& identity);

  /// All of them are on the disk then.
  Result<> finish();

  [[nodiscard]] std::uint64_t job_count() const noexcept { return jobs_; }
  /// Tasks that have a job.
  [[nodiscard]] unsigned task_count() const noexcept;

 private:
  struct Share {
    std::string path{};
    std::string bytes{};  ///< Not in the file yet.
    bool is_begun = false;
  };

  Result<> flush(std::size_t at, bool is_last);

  std::string folder_;
  std::vector<Share> shares_;
  std::uint64_t jobs_ = 0;
};

/// Reads one back. Jobs keep the numbers and identities that they had when they were dealt out.
class ShareJobs final : public JobSource {
 public:
  static Result<ShareJobs> open(const std::string& path);

  Result<NextJob> next() override;
  [[nodiscard]] std::optional<std::uint64_t> total() const override { return std::nullopt; }

  /// Of a job that next() gave.
  [[nodiscard]] JobIdentity identity_of(std::uint64_t sequence) const {
    return identities_.at(sequence);
  }

 private:
  explicit ShareJobs(RecordReader reader) : reader_(std::move(reader)) {}
  Result<std::string> read_input(std::uint64_t bytes);

  RecordReader reader_;
  std::map<std::uint64_t, JobIdentity> identities_{};
  bool is_over_ = false;
};

}  // namespace tend::jobs
