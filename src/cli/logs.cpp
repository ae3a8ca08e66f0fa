// `tend logs`: what services wrote, merged by the time it arrived.

#include <chrono>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/line_prefix.hpp"
#include "cli/local_present.hpp"
#include "cli/log_names_of.hpp"
#include "cli/output.hpp"
#include "os/pause.hpp"
#include "os/readable.hpp"
#include "service/log_reader/log_reader.hpp"

namespace tend::cli {

namespace {

using service::Follow;
using service::LogLine;
using service::LogReader;
using service::LogReadOptions;
using service::LogStart;

constexpr std::uint64_t lines_before_following = 10;
constexpr std::chrono::seconds look_again{1};

Outcome<LogReadOptions> read_options(const Invocation& invocation) {
  LogReadOptions options{.start = LogStart::beginning};
  if (invocation.has("follow")) {
    options = {.start = LogStart::tail, .lines = lines_before_following, .follow = Follow::yes};
  }
  if (invocation.has("lines") && invocation.has("since")) {
    return fail(exit_usage, "logs: --lines and --since do not go together");
  }
  if (const auto lines = invocation.value("lines")) {
    const auto count = parse_integer<std::uint64_t>(*lines);
    if (!count) {
      return fail(exit_usage,
                  text::format("logs: --lines: {} is not a number", text::quoted(*lines)));
    }
    options.start = LogStart::tail;
    options.lines = *count;
  }
  if (const auto since = invocation.value("since")) {
    const auto time = parse_time(*since, local_present());
    if (!time) {
      return fail(exit_usage, "logs: --since: " + time.error().message());
    }
    options.start = LogStart::since;
    options.since_realtime_ns = time->time_since_epoch().count();
  }
  return options;
}

/// How one line is printed.
class LinePrinter {
 public:
  LinePrinter(const Invocation& invocation, std::vector<std::string> names, Output& out)
      : names_(std::move(names)),
        out_(out),
        prefix_(names_.size() > 1 ? names_ : std::vector<std::string>{}, out.painter()),
        is_raw_(invocation.has("raw")),
        shows_times_(invocation.has("timestamps")) {}

  void operator()(const LogLine& line) {
    if (is_raw_) {
      out_.raw(line.bytes);
      out_.raw(line.ends_in_newline ? "\n" : "");
    } else {
      out_.line(prefix_.line(names_[line.service], time_text(line.realtime_ns), line.bytes));
    }
  }

 private:
  [[nodiscard]] std::string time_text(std::int64_t realtime_ns) const {
    if (!shows_times_) {
      return {};
    }
    const RealTime time{std::chrono::nanoseconds(realtime_ns)};
    return rfc3339(time, Precision::milliseconds, os::utc_offset_at(time));
  }

  std::vector<std::string> names_;
  Output& out_;
  LinePrefix prefix_;
  bool is_raw_;
  bool shows_times_;
};

/// Until nobody reads any more.
Outcome<void> follow(LogReader& reader, const LogReader::Callback& print, Output& out) {
  while (out.flush()) {
    const auto again = reader.look_again_in();
    if (reader.changes().is_open()) {
      std::optional<os::Instant> deadline;
      if (again) {
        deadline = os::monotonic_now() + *again;
      }
      static_cast<void>(TEND_TRY(os::wait_readable(reader.changes(), deadline)));
    } else {
      os::pause_for(again.value_or(look_again));
    }
    while (TEND_TRY(reader.read(print))) {
    }
  }
  return {};
}

}  // namespace

Outcome<int> run_logs(const Invocation& invocation) {
  const LogReadOptions options = TEND_TRY(read_options(invocation));
  const Target target = TEND_TRY(find_target(invocation));
  const std::vector<std::string> names = TEND_TRY(chosen_logs(target, invocation.arguments()));
  LogReader reader = TEND_TRY(LogReader::open(target.places.log_dir, names, options));
  Output out(invocation);
  LinePrinter printer(invocation, names, out);
  const LogReader::Callback print = [&printer](const LogLine& line) { printer(line); };
  while (TEND_TRY(reader.read(print)) && out.is_good()) {
  }
  if (options.follow == Follow::yes) {
    TEND_TRY(follow(reader, print, out));
  } else {
    reader.read_rest(print);
  }
  return out.finish(0);
}

}  // namespace tend::cli
