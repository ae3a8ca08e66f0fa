#pragma once
// Recordings: what the tasks of a detached run have written down, found by job and attempt. Of each
// attempt only its place in its file is kept in memory.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/detached/record_file.hpp"
#include "jobs/detached/recording.hpp"
#include "jobs/log/job_identity.hpp"

namespace tend::jobs {

/// An attempt that began. Its end is absent when its task ended before: it may have run.
struct RecordedAttempt {
  unsigned attempt = 1;
  unsigned slot = 1;
  std::size_t file = 0;
  std::optional<std::uint64_t> end_offset{};
  std::vector<std::uint64_t> output_offsets{};
  bool is_used = false;  ///< Somebody was told of it.
};

class Recordings {
 public:
  /// Adds what is in a file. Errors: it cannot be read, or is of another tend.
  Result<> add(const std::string& path);

  /// Nothing: the attempt never began.
  [[nodiscard]] RecordedAttempt* find(const JobIdentity& identity, unsigned attempt);

  /// All attempts at a job; null: there was none.
  [[nodiscard]] std::vector<RecordedAttempt>* attempts_at(const JobIdentity& identity);

  [[nodiscard]] Result<RecordedEnd> read_end(const RecordedAttempt& attempt) const;

  /// A piece of its output by its number, below output_offsets.size(); appended to `bytes`.
  Result<OutputStream> read_output(const RecordedAttempt& attempt, std::size_t number,
                                   std::string& bytes) const;

  /// Whether the file in the order of add() is of a task that has done its whole share.
  [[nodiscard]] bool is_whole(std::size_t file) const { return files_.at(file).is_whole; }
  /// Bytes of it could not be read, from some place on.
  [[nodiscard]] bool is_torn(std::size_t file) const { return files_.at(file).reader.is_torn(); }
  [[nodiscard]] std::size_t file_count() const noexcept { return files_.size(); }

  /// Jobs that have a result, and those of them of which nobody was told all.
  [[nodiscard]] std::size_t result_count() const;
  [[nodiscard]] std::size_t unused_count() const;

  /// From now on the attempts at this job count as told.
  void forget(const JobIdentity& identity);

 private:
  struct File {
    RecordReader reader;
    bool is_whole = false;
  };

  void insert(const JobIdentity& identity, RecordedAttempt attempt);

  std::vector<File> files_{};
  std::map<JobIdentity, std::vector<RecordedAttempt>> jobs_{};
};

}  // namespace tend::jobs
