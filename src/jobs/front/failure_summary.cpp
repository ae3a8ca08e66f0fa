#include "jobs/front/failure_summary.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

#include "base/scan.hpp"
#include "base/text.hpp"

namespace tend::jobs {

namespace {

/// Commands with thousands of arguments are told by their beginning.
constexpr std::size_t command_bytes_max = 200;

std::string plural(std::uint64_t count, std::string_view noun) {
  return text::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string shortened(const std::string& command) {
  std::string words = text::printable(command);
  if (words.size() > command_bytes_max) {
    words.resize(command_bytes_max);
    words = text::with_valid_utf8(words) + "...";
  }
  return words;
}

std::string repeated_text(const std::set<std::uint64_t>& jobs) {
  if (jobs.empty()) {
    return "";
  }
  std::vector<std::string> numbers;
  for (const std::uint64_t job : jobs | std::views::take(failures_told)) {
    numbers.push_back(std::to_string(job));
  }
  const std::string rest = jobs.size() > numbers.size()
                               ? text::format(" and {} more", jobs.size() - numbers.size())
                               : "";
  return text::format(
      "tend: {} may have run twice, because a worker was lost or an earlier run was killed while "
      "{} ran: {}{}\n",
      plural(jobs.size(), "job"), jobs.size() == 1 ? "it" : "they", text::join(numbers, ", "),
      rest);
}

}  // namespace

/// The first ones by number, whenever they ended.
void FailureSummary::add(FailedJob job) {
  const auto place = std::ranges::upper_bound(failed_, job.sequence, {}, &FailedJob::sequence);
  failed_.insert(place, std::move(job));
  if (failed_.size() > failures_told) {
    failed_.pop_back();
  }
}

std::string FailureSummary::text(const JobCounts& counts,
                                 const std::optional<std::string>& ended_early) const {
  std::string all;
  if (counts.failed > 0 || ended_early) {
    all = text::format("tend: {} of {} failed", counts.failed,
                       plural(counts.done() + counts.unfinished, "job"));
    if (counts.unfinished > 0) {
      all += text::format(", {} unfinished", counts.unfinished);
    }
    if (ended_early) {
      all += "; " + *ended_early;
    }
    all += "\n";
  }
  for (const FailedJob& job : failed_) {
    all += text::format("  job {}: {}: {}", job.sequence, shortened(job.command), job.reason);
    if (job.attempts > 1) {
      all += text::format(" (attempt {})", job.attempts);
    }
    all += "\n";
    std::string_view words = job.last_words;
    while (!words.empty()) {
      all += "      " + text::printable(next_line(words)) + "\n";
    }
  }
  if (counts.failed > failed_.size()) {
    all += text::format("  and {} more\n", counts.failed - failed_.size());
  }
  return all + repeated_text(repeated_);
}

}  // namespace tend::jobs
