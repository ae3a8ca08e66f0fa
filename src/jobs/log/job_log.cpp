#include "jobs/log/job_log.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "jobs/input/byte_stream.hpp"
#include "jobs/input/item_splitter.hpp"
#include "jobs/log/attempt_text.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

/// Takes the line into account, if it can be read.
void note_line(LogContent& content, std::string_view line) {
  if (line.empty()) {
    return;
  }
  if (const auto record = parse_attempt(line)) {
    content.finished.note(*record);
  } else {
    ++content.torn_lines;
  }
}

/// Whether the file's last byte ends a line; an empty file has no line to end.
Result<bool> ends_with_newline(const os::Fd& file, std::uint64_t bytes) {
  std::array<char, 1> last{'\n'};
  if (bytes > 0) {
    TEND_TRY(os::read_at(file, last, bytes - 1));
  }
  return last.front() == '\n';
}

}  // namespace

Result<JobLog> JobLog::open(const std::string& path, Content content) {
  JobLog log(TEND_TRY(os::open_file(path, O_RDWR | O_APPEND | O_CREAT | O_NOCTTY, 0666)), path);
  // Where a filesystem has no locks, nobody can be told apart: then it goes without.
  if (!os::try_lock(log.file_, path).value_or(true)) {
    return refused("log", path, "another run is writing it; let it end, or take another file");
  }
  const os::FileStatus status = TEND_TRY(os::status_of(log.file_));
  log.is_file_ = status.is_regular;
  if (!log.is_file_) {
    log.is_new_ = true;
    return log;
  }
  if (content == Content::replaced) {
    TEND_TRY(os::truncate_file(log.file_, 0));
  }
  log.is_new_ = content == Content::replaced || status.size_bytes == 0;
  log.is_torn_ = !log.is_new_ && !TEND_TRY(ends_with_newline(log.file_, status.size_bytes));
  return log;
}

Result<> JobLog::append(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 2);
  if (is_torn_) {
    bytes += '\n';
  }
  bytes.append(line).push_back('\n');
  const auto written = os::write_some(file_, bytes);
  if (!written) {
    return failed("write", path_, written.error().code);
  }
  is_torn_ = *written < bytes.size();
  return is_torn_ ? failed("write", path_, ENOSPC) : Result<>();
}

Result<LogContent> read_job_log(const std::string& path) {
  LogContent content;
  auto opened = ByteStream::open(path);
  if (!opened && opened.error().code == ENOENT) {
    return content;
  }
  ByteStream stream = TEND_TRY(std::move(opened));
  ItemSplitter lines("\n");
  while (true) {
    const NextPiece piece = TEND_TRY(stream.read());
    if (!std::holds_alternative<std::string_view>(piece)) {
      break;
    }
    lines.append(std::get<std::string_view>(piece));
    while (const auto line = lines.next()) {
      note_line(content, *line);
    }
    if (lines.is_too_long()) {
      return refused("log", path, "has a line that is too long for a log of jobs");
    }
  }
  if (const auto line = lines.rest()) {
    note_line(content, *line);
  }
  if (content.torn_lines > 0 && content.finished.size() == 0) {
    return refused("log", path, "is no log of jobs; is it the right file?");
  }
  return content;
}

}  // namespace tend::jobs
