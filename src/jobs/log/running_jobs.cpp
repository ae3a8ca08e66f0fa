#include "jobs/log/running_jobs.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/scan.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

/// Room for any identity and a newline: so each slot has its place.
constexpr std::size_t line_bytes = 48;
/// More slots than anybody has.
constexpr std::size_t file_bytes_max = std::size_t{64} << 20U;

}  // namespace

Result<RunningJobs> RunningJobs::open(const std::string& log_path, Content content) {
  RunningJobs jobs(log_path + ".running");
  if (content == Content::kept) {
    TEND_TRY(jobs.read());
  } else if (const auto removed = os::remove_file(jobs.path_);
             !removed && removed.error().code != ENOENT) {
    return std::unexpected(removed.error());
  }
  return jobs;
}

Result<> RunningJobs::read() {
  const auto content = os::read_file(path_, file_bytes_max);
  if (!content) {
    return content.error().code == ENOENT ? Result<>() : std::unexpected(content.error());
  }
  std::string_view lines = *content;
  lines_before_ = (lines.size() + line_bytes - 1) / line_bytes;
  while (!lines.empty()) {
    // What was never written between two slots reads as zeros.
    std::string_view line = next_line(lines);
    line.remove_prefix(std::min(line.find_first_not_of('\0'), line.size()));
    if (const auto identity = parse_identity(text::trimmed(line))) {
      left_.insert(*identity);
    }
  }
  return {};
}

Result<> RunningJobs::write_line(std::uint64_t line, const std::string& words) {
  if (!file_) {
    file_ = TEND_TRY(os::open_file(path_, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY, 0666));
  }
  std::string padded = words;
  padded.resize(line_bytes - 1, ' ');
  padded += '\n';
  return os::write_at(file_, padded, line * line_bytes);
}

Result<> RunningJobs::note_start(const JobIdentity& identity, unsigned slot) {
  TEND_TRY(write_line(lines_before_ + slot - 1, identity_text(identity)));
  left_.erase(identity);
  in_slots_.resize(std::max<std::size_t>(in_slots_.size(), slot));
  in_slots_[slot - 1] = identity;
  return {};
}

Result<> RunningJobs::note_failure(const JobIdentity& identity) {
  const auto place = std::ranges::find(in_slots_, identity);
  if (place == in_slots_.end()) {
    return {};
  }
  *place = {};
  return write_line(lines_before_ + static_cast<std::uint64_t>(place - in_slots_.begin()), "");
}

Result<> RunningJobs::finish() {
  if (left_.empty()) {
    const auto removed = os::remove_file(path_);
    return removed || removed.error().code == ENOENT ? Result<>() : removed;
  }
  std::uint64_t line = 0;
  for (const JobIdentity& identity : left_) {
    TEND_TRY(write_line(line++, identity_text(identity)));
  }
  return os::truncate_file(file_, line * line_bytes);
}

}  // namespace tend::jobs
