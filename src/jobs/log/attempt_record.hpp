#pragma once
// AttemptRecord: everything that is worth knowing of one attempt at one job, as a value. The log
// (--log) is one of these per line.

#include <tend/exit_status.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/log/job_identity.hpp"

namespace tend::jobs {

/// Why an attempt is over. The words are part of the log's format.
enum class AttemptEnd : std::uint8_t {
  exited,       ///< `exit`: by itself, with a code.
  signalled,    ///< `signal`: by a signal that tend did not send.
  timed_out,    ///< `timeout`: it took longer than --timeout.
  stopped,      ///< `stopped`: tend ended it (--halt, Ctrl-C): it is unfinished.
  not_started,  ///< `start`: there is no such program, or the kernel refused it.
  output_lost,  ///< `output`: it ran, but not all of its output could be kept.
  worker_lost,  ///< `lost`: its worker is gone: it may have run, wholly or in part.
};

struct AttemptRecord {
  JobIdentity identity{};
  std::uint64_t sequence = 0;
  unsigned attempt = 1;  ///< From 1.
  bool is_last = true;   ///< No other attempt follows in this run.
  /// An attempt before it was cut off, with its worker or with tend itself, and may have done its
  /// work, wholly or in part.
  bool may_have_run = false;
  unsigned slot = 0;                ///< From 1; 0: it never had one.
  std::string command{};            ///< The template that the job was made from.
  std::vector<std::string> argv{};  ///< As executed.
  std::vector<std::string> items{};
  std::string host{};
  std::chrono::sys_time<std::chrono::nanoseconds> start{};
  std::chrono::nanoseconds runtime{};
  AttemptEnd end = AttemptEnd::exited;
  std::optional<ExitStatus> status{};  ///< Absent: it is not known (worker_lost).
  std::string problem{};               ///< In words, where the status does not say it all.
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t error_bytes = 0;  ///< Standard error.
  Usage usage{};

  /// It did what it was to do.
  [[nodiscard]] bool success() const {
    return end == AttemptEnd::exited && status && status->success();
  }

  bool operator==(const AttemptRecord&) const = default;
};

}  // namespace tend::jobs
