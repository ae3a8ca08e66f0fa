#pragma once
// RunOptions: everything that is decided about a run before it begins, as a value.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "jobs/backend.hpp"
#include "jobs/front/admission.hpp"
#include "jobs/input/job_source.hpp"
#include "jobs/log/attempt_record.hpp"
#include "jobs/output/output_desk.hpp"
#include "jobs/output/output_order.hpp"
#include "jobs/schedule/exit_code.hpp"
#include "jobs/schedule/schedule.hpp"
#include "os/event_loop.hpp"

namespace tend::jobs {

/// `--timeout`: a time, or a share of the median of the jobs that have succeeded.
struct TimeLimit {
  std::optional<std::chrono::nanoseconds> fixed{};
  std::optional<unsigned> median_percent{};
};

enum class ProgressKind : std::uint8_t {
  none,
  bar,    ///< One line at the bottom of the terminal.
  plain,  ///< A line now and then.
};

struct RunOptions {
  SchedulePolicy schedule{};
  TimeLimit timeout{};
  ExitRule exit = ExitRule::any;
  OutputMode mode = OutputMode::ordered;
  Shown shown = Shown::output;
  std::string result_folder{};    ///< --out; empty: none.
  std::string spill_directory{};  ///< For output that waits and does not fit into memory.
  ProgressKind progress = ProgressKind::none;
  std::string command{};  ///< The template that jobs are made from, for the log.
};

/// Makes the backend, on the loop and for the events of the run.
using MakeBackend = std::function<Result<std::unique_ptr<Backend>>(os::EventLoop&, BackendEvents&)>;

/// Those that a run works with.
struct RunParts {
  JobSource& source;
  MakeBackend make_backend{};
  /// What goes in front of each line of a job; nothing: no tags.
  std::function<std::string(const Job&)> tag{};
  /// The command of a job as a person would write it; nothing: its arguments.
  std::function<std::string(const Job&)> title{};
  /// What the job is known by; nothing: by what it is, and its place among its equals.
  std::function<JobIdentity(const Job&)> identify{};
  /// Whether the job is not to be run again (--resume).
  std::function<bool(const JobIdentity&)> is_done{};
  /// Whether it is not known what an earlier run did of the job (--resume).
  std::function<bool(const JobIdentity&)> may_have_run{};
  /// Notes that the job is about to start in this slot, in case that we are killed (--log).
  std::function<Result<>(const JobIdentity&, unsigned slot)> note_start{};
  /// Stores a record (--log). An error ends the run: nobody could resume it.
  std::function<Result<>(const AttemptRecord&)> log{};
  /// A record as an object (--json).
  std::function<json::Value(const AttemptRecord&)> to_json{};
  std::vector<std::unique_ptr<Admission>> gates{};
};

}  // namespace tend::jobs
