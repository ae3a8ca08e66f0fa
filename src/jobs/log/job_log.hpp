#pragma once
// JobLog: a log file that grows by whole lines, and reading one back. Each line is one write(2) to
// the end of the file, so a run that is killed leaves whole lines. Where one is torn all the same
// (a full disk; a kill between two pages of a long line), the next run begins on a new line, and
// readers leave the torn one out.

#include <tend/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include "jobs/log/finished_jobs.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class JobLog {
 public:
  /// What an existing log keeps.
  enum class Content : bool { kept, replaced };

  /// Creates the file where it is missing. A log that another run is writing is an error.
  static Result<JobLog> open(const std::string& path, Content content);

  /// `line` has no newline.
  Result<> append(std::string_view line);

  /// Whether it is a file, which a later run could read.
  [[nodiscard]] bool is_file() const { return is_file_; }

  /// It had nothing in it when it was opened.
  [[nodiscard]] bool is_new() const { return is_new_; }

 private:
  JobLog(os::Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  os::Fd file_;
  std::string path_;
  bool is_file_ = false;
  bool is_new_ = false;
  bool is_torn_ = false;  ///< The last line has no end.
};

struct LogContent {
  FinishedJobs finished{};
  std::size_t torn_lines = 0;  ///< That could not be read.
};

/// Reads a log of attempts (attempt_text.hpp). One that is not there has no content. A file without
/// any line that could be read is an error: it is no log.
[[nodiscard]] Result<LogContent> read_job_log(const std::string& path);

}  // namespace tend::jobs
