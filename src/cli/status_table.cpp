#include "cli/status_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace tend::cli {

namespace {

using service::ProjectStatus;
using service::ServiceStatus;

// The last column is as wide as it likes.
constexpr std::size_t column_count = 7;
using Row = std::array<std::string, column_count>;

bool is_running(const ServiceStatus& status) {
  return status.state == "up" || status.state == "reloading" || status.state == "starting";
}

std::string ready_word(const ServiceStatus& status) {
  if (!is_running(status)) {
    return "-";
  }
  return status.ready ? "yes" : "no";
}

std::string uptime_word(const ServiceStatus& status) {
  return status.uptime_ms ? human_duration(std::chrono::milliseconds(*status.uptime_ms)) : "-";
}

/// What matters most now: the reason while something is amiss, else how it ended last.
std::string remark(const ServiceStatus& status) {
  std::string words;
  const auto add = [&words](const std::string& part) {
    if (!part.empty()) {
      words += (words.empty() ? "" : "; ") + text::printable(part);
    }
  };
  const std::string last = status.last_exit ? status.last_exit->text : "";
  if (status.state == "up" || status.reason.empty()) {
    add(last);
  } else {
    add(status.reason);
  }
  if (is_running(status)) {
    add(status.status_text);
  }
  if (status.log_bytes_dropped > 0) {
    add(text::format("{} bytes of output dropped", status.log_bytes_dropped));
  }
  return words.empty() ? "-" : words;
}

Row row_of(const ServiceStatus& status) {
  return {status.name,         status.state,
          ready_word(status),  status.pid ? text::format("{}", *status.pid) : "-",
          uptime_word(status), text::format("{}", status.restarts),
          remark(status)};
}

std::string started_times(std::uint32_t starts) {
  return starts > 1 ? text::format(" (started {} times)", starts) : "";
}

}  // namespace

Tone tone_of_state(const ServiceStatus& status) {
  if (status.state == "failed") {
    return Tone::red;
  }
  if (status.state == "backoff" || status.state == "cooling-down") {
    return Tone::yellow;
  }
  if (status.state == "up" || status.state == "done") {
    return Tone::green;
  }
  return Tone::plain;
}

std::vector<std::string> status_lines(std::span<const ServiceStatus> statuses,
                                      const Painter& painter) {
  std::vector<Row> rows = {
      {"NAME", "STATE", "READY", "PID", "UPTIME", "RESTARTS", "LAST EXIT / REASON"}};
  std::ranges::transform(statuses, std::back_inserter(rows), row_of);
  std::array<std::size_t, column_count> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < column_count; ++i) {
      widths.at(i) = std::max(widths.at(i), row.at(i).size());
    }
  }
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < column_count; ++i) {
      const std::string& cell = rows[r].at(i);
      const Tone tone = r == 0 ? Tone::bold : i == 1 ? tone_of_state(statuses[r - 1]) : Tone::plain;
      line += painter.paint(tone, cell);
      if (i + 1 < column_count) {
        line.append(widths.at(i) - cell.size() + 2, ' ');
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> project_lines(const ProjectStatus& project) {
  std::vector<std::string> lines;
  lines.push_back(text::format("{}: keeper {}, director {}{}, recorder {}{}; trees by {}",
                               project.name, project.keeper_pid, project.director_pid,
                               started_times(project.director_starts), project.recorder_pid,
                               started_times(project.recorder_starts),
                               project.tree.empty() ? "unknown means" : project.tree));
  if (project.stopping) {
    lines.emplace_back("the project is stopping");
  }
  if (!project.log_blocked.empty()) {
    lines.push_back(
        text::format("logs cannot be written: {}", text::printable(project.log_blocked)));
  }
  if (!project.unclaimed.empty()) {
    lines.push_back(text::format("{} living orphans belong to no service, such as pid {}",
                                 project.unclaimed.size(), project.unclaimed.front()));
  }
  return lines;
}

std::string status_sentence(const ServiceStatus& status) {
  if (status.reason.starts_with(status.state)) {
    return status.name + ": " + text::printable(status.reason);
  }
  std::string line = status.name + ": " + status.state;
  if (status.state == "up" && status.ready) {
    line += " and ready";
  }
  if (status.pid) {
    line += text::format(", pid {}", *status.pid);
  }
  if (status.state != "up" && !status.reason.empty()) {
    line += ": " + text::printable(status.reason);
  }
  return line;
}

}  // namespace tend::cli
