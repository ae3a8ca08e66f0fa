#pragma once
// What a task of a detached run writes down of each attempt, as records (record_file.hpp):
//
//   began    before it starts
//   output   what it wrote, as it came, long outputs in several records
//   ended    how it ended, behind all of its output: from here on the attempt counts
//   all      the task has done its whole share
//
// Records of attempts that run side by side may be mixed; the id tells them apart.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "jobs/backend.hpp"
#include "jobs/detached/record_file.hpp"
#include "jobs/log/job_identity.hpp"

namespace tend::jobs {

struct RecordedBegin {
  AttemptId id{};  ///< Within the file.
  JobIdentity identity{};
  unsigned attempt = 1;
  unsigned slot = 1;
};

struct RecordedOutput {
  AttemptId id{};
  OutputStream stream = OutputStream::out;
  std::string_view bytes{};  ///< In the record it was read from.
};

struct RecordedEnd {
  AttemptId id{};
  bool has_started = false;
  AttemptStart start{};
  AttemptResult result{};
  std::uint64_t output_bytes = 0;  ///< Of both streams, all of them in records before this.
  std::chrono::sys_time<std::chrono::nanoseconds> time{};
};

struct RecordedAll {};

/// The kind of a record is the place of its event in this list.
using RecordedEvent = std::variant<RecordedBegin, RecordedOutput, RecordedEnd, RecordedAll>;

/// Adds the event as a record to the end of `bytes`.
void append_event(std::string& bytes, const RecordedEvent& event);

/// Errors: a kind or a value that this version does not know.
[[nodiscard]] Result<RecordedEvent> read_event(const Record& record);

}  // namespace tend::jobs
