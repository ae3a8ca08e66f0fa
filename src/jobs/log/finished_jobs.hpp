#pragma once
// FinishedJobs: what the log of an earlier run says is done, so that --resume can leave it out.
// Pure.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "jobs/log/attempt_record.hpp"

namespace tend::jobs {

/// What a resumed run does again, besides what never began.
enum class Resume : std::uint8_t {
  unfinished,  ///< What was interrupted, stopped by tend, or lost with its worker.
  failed,      ///< That, and what failed.
};

class FinishedJobs {
 public:
  /// The next record of the log; a later one overrides those before it.
  void note(const AttemptRecord& record);

  [[nodiscard]] bool skips(const JobIdentity& identity, Resume resume) const;

  /// Whether its last attempt was lost with its worker, so that nobody knows what it has done.
  [[nodiscard]] bool was_lost(const JobIdentity& identity) const;

  /// Whether the log goes on with this command. The error says what it was made by, and what to do.
  [[nodiscard]] Result<> check_command(std::string_view command) const;

  /// How many jobs the log knows.
  [[nodiscard]] std::size_t size() const { return ends_.size(); }

 private:
  enum class End : std::uint8_t { unfinished, lost, failed, succeeded };

  std::map<JobIdentity, End> ends_{};
  std::string command_{};  ///< Of the last record.
};

}  // namespace tend::jobs
