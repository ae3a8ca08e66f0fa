#include "cli/explanation.hpp"

#include <algorithm>
#include <set>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace tend::cli {

namespace {

using service::ServiceStatus;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

const ServiceStatus* find(std::string_view name, std::span<const ServiceStatus> all) {
  const auto found = std::ranges::find(all, name, &ServiceStatus::name);
  return found == all.end() ? nullptr : &*found;
}

std::string state_words(const ServiceStatus& status) {
  if (status.state == "backoff") {
    return "is between two attempts (backoff)";
  }
  if (status.state == "cooling-down") {
    return "is cooling down after too many failures";
  }
  if (status.state == "failed") {
    return "has failed";
  }
  if (status.state == "up") {
    return status.ready ? "is up and ready" : "is up";
  }
  return "is " + status.state;
}

std::string since_words(const ServiceStatus& status, const Present& present) {
  if (status.since_realtime_ns == 0) {
    return "";
  }
  const RealTime since{nanoseconds(status.since_realtime_ns)};
  return text::format(", for {} (since {})",
                      human_duration(std::max(nanoseconds{0}, present.now - since)),
                      rfc3339(since, Precision::seconds, present.utc_offset));
}

std::string next_words(const ServiceStatus& status) {
  if (status.next_attempt_ms) {
    return text::format("Next: it is started again in {}. `tend start {}` tries at once.",
                        human_duration(milliseconds(*status.next_attempt_ms)), status.name);
  }
  if (status.state == "failed") {
    return text::format(
        "Next: nothing by itself; its policy does not bring it back. `tend start {}` "
        "tries again.",
        status.name);
  }
  if (status.state == "stopped") {
    return text::format("Next: nothing by itself. `tend start {}` starts it.", status.name);
  }
  if (status.state == "waiting") {
    return "Next: it starts by itself when what it waits for is there.";
  }
  if (status.state == "stopping" && status.wanted) {
    return "Next: it is started again when it has ended.";
  }
  return "";
}

void add_process(const ServiceStatus& status, std::vector<std::string>& lines) {
  if (status.pid) {
    lines.push_back(text::format(
        "Its process is {}{}.", *status.pid,
        status.restarts > 0 ? text::format("; it was restarted {} times", status.restarts) : ""));
  } else if (status.restarts > 0) {
    lines.push_back(text::format("It was restarted {} times.", status.restarts));
  }
  if (!status.leftovers.empty()) {
    std::vector<std::string> pids;
    std::ranges::transform(status.leftovers, std::back_inserter(pids),
                           [](std::int64_t pid) { return std::to_string(pid); });
    lines.push_back(text::format("Of its processes these still live: {}.", text::join(pids, ", ")));
  }
  if (!status.status_text.empty()) {
    lines.push_back(text::format("It says of itself: {}", text::printable(status.status_text)));
  }
}

/// Whom it waits for, and whom they wait for, one step further in with each.
void add_chain(const ServiceStatus& status, std::span<const ServiceStatus> all, std::size_t depth,
               std::set<std::string_view>& told, std::vector<std::string>& lines) {
  for (const std::string& name : status.waiting_for) {
    const std::string indent(2 * depth, ' ');
    const ServiceStatus* other = find(name, all);
    if (other == nullptr) {
      lines.push_back(text::format("{}It waits for {}.", indent, name));
      continue;
    }
    lines.push_back(text::format(
        "{}{} waits for {}, which {}{}.", indent, status.name, name, state_words(*other),
        other->reason.empty() ? "" : ": " + text::printable(other->reason)));
    if (told.insert(other->name).second) {
      add_chain(*other, all, depth + 1, told, lines);
    }
  }
}

}  // namespace

std::vector<std::string> explain(std::string_view name, std::span<const ServiceStatus> all,
                                 const Present& present) {
  const ServiceStatus* status = find(name, all);
  if (status == nullptr) {
    return {};
  }
  std::vector<std::string> lines;
  lines.push_back(
      text::format("{} {}{}.", name, state_words(*status), since_words(*status, present)));
  if (!status->reason.empty()) {
    lines.push_back(text::format("Reason: {}.", text::printable(status->reason)));
  }
  std::set<std::string_view> told = {status->name};
  add_chain(*status, all, 0, told, lines);
  add_process(*status, lines);
  if (status->last_exit) {
    lines.push_back(text::format("Its last run: {}.", text::printable(status->last_exit->text)));
  }
  if (std::string next = next_words(*status); !next.empty()) {
    lines.push_back(std::move(next));
  }
  if (status->log_bytes_dropped > 0) {
    lines.push_back(text::format("{} bytes of its output were dropped, as its log policy says.",
                                 status->log_bytes_dropped));
  }
  return lines;
}

}  // namespace tend::cli
