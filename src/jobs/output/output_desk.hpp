#pragma once
// OutputDesk: takes what jobs write and shows it when and how the user wants it: in which order,
// with which tags, as bytes or as JSON, and into files. What has to wait is held in the store.

#include <tend/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "jobs/backend.hpp"
#include "jobs/output/line_prefix.hpp"
#include "jobs/output/outlet.hpp"
#include "jobs/output/output_order.hpp"
#include "jobs/output/output_store.hpp"
#include "jobs/output/result_files.hpp"

namespace tend::jobs {

/// What is shown of a job.
enum class Shown : std::uint8_t {
  output,   ///< What it writes.
  nothing,  ///< -q
  json,     ///< --json: one object with its result and its output.
  json_without_output,
};

class OutputDesk {
 public:
  using Sequence = std::uint64_t;

  struct Options {
    OutputMode mode = OutputMode::ordered;
    Shown shown = Shown::output;
    bool ends_lines = false;  ///< The last line of a job gets the newline that it lacks.
    std::optional<ResultFiles> files{};
  };

  struct Callbacks {
    /// Whether the job shall go on writing.
    std::function<void(Sequence, bool is_held)> hold{};
    /// Not all that the job wrote could be kept. Told once for each attempt.
    std::function<void(Sequence, const Error&)> lost{};
  };

  OutputDesk(Outlet& outlet, OutputStore& store, Options options, Callbacks callbacks);
  ~OutputDesk();
  OutputDesk(const OutputDesk&) = delete;
  OutputDesk& operator=(const OutputDesk&) = delete;

  /// A job that may write; numbers rise. `tag` goes in front of each of its lines.
  void open(Sequence sequence, const std::string& tag);

  /// An attempt begins; what an earlier one wrote and was not shown is forgotten. `is_last`: what
  /// it writes is the job's output whatever comes, and may be shown at once.
  void begin_attempt(Sequence sequence, bool is_last);

  void write(Sequence sequence, OutputStream stream, std::string_view bytes);

  /// Some of it has been shown already.
  [[nodiscard]] bool has_shown(Sequence sequence) const;

  /// Bytes of the attempt so far.
  [[nodiscard]] std::uint64_t bytes(Sequence sequence, OutputStream stream) const;

  /// The last lines of its standard error, at most `lines_max`.
  [[nodiscard]] std::string error_tail(Sequence sequence, std::size_t lines_max) const;

  /// The job is over. `result` is its line of --json, `status` its file of --out.
  void close(Sequence sequence, json::Value result, std::string_view status);

  /// The outlet has room again.
  void drained();

 private:
  struct JobOutput {
    std::array<HeldOutput, 2> held{};
    std::array<LinePrefix, 2> prefixes;
    std::array<std::uint64_t, 2> bytes{};
    std::string error_tail{};
    std::string result{};  ///< The line of --json, once it is over.
    bool is_last = true;
    bool is_lost = false;
    bool has_shown = false;
    bool is_closed = false;
  };

  static std::size_t index(OutputStream stream) { return std::to_underlying(stream); }
  [[nodiscard]] bool wants_json() const noexcept;
  [[nodiscard]] bool keeps_output() const noexcept;
  void lose(Sequence sequence, JobOutput& job, const Error& error);
  void keep(Sequence sequence, JobOutput& job, OutputStream stream, std::string_view bytes);
  void show(Sequence sequence, JobOutput& job, OutputStream stream, std::string_view bytes);
  void show_lines(Sequence sequence, JobOutput& job, OutputStream stream, std::string_view bytes);
  void show_held(JobOutput& job, OutputStream stream);
  void show_rest(JobOutput& job);
  void make_front_live();
  void hold_if_blocked(Sequence sequence);
  [[nodiscard]] std::string json_line(json::Value result, JobOutput& job);

  Outlet& outlet_;
  OutputStore& store_;
  Options options_;
  Callbacks callbacks_;
  OutputOrder order_;
  std::map<Sequence, JobOutput> jobs_{};
  std::set<Sequence> held_back_{};
  std::string scratch_{};
};

}  // namespace tend::jobs
