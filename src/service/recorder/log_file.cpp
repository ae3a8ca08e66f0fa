#include "service/recorder/log_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"
#include "os/splice.hpp"
#include "service/recorder/log_names.hpp"

namespace tend::service {

namespace {

constexpr std::size_t block_bytes = 64 * 1024;

/// splice(2) refuses O_APPEND. O_NONBLOCK: a FIFO that somebody planted must not hold us.
constexpr int current_flags = O_RDWR | O_NONBLOCK;

std::int64_t nanoseconds_of(os::WallTime time) { return time.time_since_epoch().count(); }

Result<std::optional<char>> last_byte_of(const os::Fd& directory, const std::string& name) {
  const auto file = os::open_at(directory, name, O_RDONLY | O_NONBLOCK);
  if (!file) {
    return file.error().code == ENOENT ? Result<std::optional<char>>(std::nullopt)
                                       : std::unexpected(file.error());
  }
  const std::uint64_t size = TEND_TRY(os::status_of(*file)).size_bytes;
  if (size == 0) {
    return std::nullopt;
  }
  char byte = 0;
  const std::size_t count = TEND_TRY(os::read_at(*file, std::span(&byte, 1), size - 1));
  return count == 1 ? std::optional(byte) : std::nullopt;
}

Result<> remove_if_there(const os::Fd& directory, const std::string& name) {
  auto removed = os::remove_file_at(directory, name);
  if (!removed && removed.error().code == ENOENT) {
    return {};
  }
  return removed;
}

}  // namespace

LogFile::LogFile(std::string service, const LogSpec& spec, std::uint64_t file_size_limit)
    : service_(std::move(service)),
      keep_(spec.keep),
      limits_(limits_of(spec.max_size_bytes, file_size_limit)) {}

Result<> LogFile::make_ready(LogDirectory& directory) {
  TEND_TRY(look_at_directory(directory));
  if (found_.has_next) {
    TEND_TRY(recover(directory.fd()));
  }
  if (fd_) {
    TEND_TRY(look_at_file());
  }
  if (!fd_) {
    TEND_TRY(open_current(directory.fd()));
  }
  if (size_ < limits_.max_size) {
    return {};
  }
  const bool has_newline = TEND_TRY(find_newline(search_begin(limits_)));
  const auto rotation =
      plan_rotation(size_, has_newline ? std::optional(line_end_) : std::nullopt, limits_);
  return rotation ? rotate(directory.fd(), *rotation) : Result<>{};
}

Result<> LogFile::look_at_directory(LogDirectory& directory) {
  TEND_TRY(directory.ensure_open());
  if (epoch_ != directory.epoch()) {
    close();
    epoch_ = directory.epoch();
    found_ = directory.found(service_);
    generation_ = found_.generation();
  }
  return {};
}

/// Finishes or takes back the rotation that NAME.log.new tells of.
Result<> LogFile::recover(const os::Fd& directory) {
  close();
  const auto last = TEND_TRY(last_byte_of(directory, current_log_name(service_)));
  switch (plan_recovery(last)) {
    case Recovery::finish: return finish_rotation(directory);
    case Recovery::discard: break;
  }
  TEND_TRY(remove_if_there(directory, next_log_name(service_)));
  found_.has_next = false;
  return {};
}

Result<> LogFile::open_current(const os::Fd& directory) {
  const std::string name = current_log_name(service_);
  auto opened = os::open_at(directory, name, current_flags);
  if (!opened && opened.error().code == ENOENT) {
    return begin_file(directory);
  }
  os::Fd file = TEND_TRY(std::move(opened));
  const os::FileStatus status = TEND_TRY(os::status_of(file));
  if (!status.is_regular) {
    return failed("open", name, EINVAL);
  }
  fd_ = std::move(file);
  size_ = status.size_bytes;
  found_.has_current = true;
  index_.open(directory, index_name(service_, generation_));
  found_.indexes.insert(generation_);
  return {};
}

/// The index first: a log file that is there always has a number of its own.
Result<> LogFile::begin_file(const os::Fd& directory) {
  found_.has_current = false;
  generation_ = found_.generation();
  index_.open(directory, index_name(service_, generation_));
  found_.indexes.insert(generation_);
  index_.note({.realtime_ns = nanoseconds_of(os::realtime_now()), .kind = IndexKind::begin});
  fd_ = TEND_TRY(
      os::open_at(directory, current_log_name(service_), current_flags | O_CREAT | O_EXCL, 0600));
  found_.has_current = true;
  size_ = 0;
  return {};
}

/// Somebody may have removed the open file (then it is let go) or emptied it.
Result<> LogFile::look_at_file() {
  const os::FileStatus status = TEND_TRY(os::status_of(fd_));
  if (status.links == 0) {
    close();
    return {};
  }
  if (status.size_bytes < size_) {
    searched_to_ = 0;
    line_end_ = 0;
  }
  size_ = status.size_bytes;
  return {};
}

Result<std::size_t> LogFile::append_from(const os::Fd& pipe, std::size_t bytes_max,
                                         std::uint32_t run, os::WallTime now) {
  // The entry comes before the bytes: whoever sees them finds their time.
  index_.note({.offset = size_, .realtime_ns = nanoseconds_of(now), .run = run});
  const auto moved = os::splice_to_file(pipe, fd_, size_, bytes_max);
  if (!moved) {
    return failed("write", current_log_name(service_), moved.error().code);
  }
  size_ += *moved;
  return moved;
}

Result<> LogFile::append_note(std::string_view line, os::WallTime now) {
  std::string text;
  if (size_ > 0) {
    char last = '\n';
    static_cast<void>(TEND_TRY(os::read_at(fd_, std::span(&last, 1), size_ - 1)));
    if (last != '\n') {
      text.push_back('\n');
    }
  }
  text.append(line).push_back('\n');
  index_.note({.offset = size_, .realtime_ns = nanoseconds_of(now), .kind = IndexKind::dropped});
  auto written = os::write_at(fd_, text, size_);
  if (!written) {
    static_cast<void>(os::truncate_file(fd_, size_));
    return written;
  }
  size_ += text.size();
  return {};
}

Result<> LogFile::rotate_early(LogDirectory& directory) {
  if (size_ == 0) {
    return failed("write", current_log_name(service_), EFBIG);
  }
  searched_to_ = 0;
  const bool has_newline = TEND_TRY(find_newline(0));
  return rotate(directory.fd(),
                has_newline ? Rotation{.at = line_end_} : Rotation{.at = size_, .is_cut = true});
}

/// Looks for the last newline at or behind `from`, from the end backwards, only where it has not
/// been looked for yet.
Result<bool> LogFile::find_newline(std::uint64_t from) {
  const std::uint64_t begin = std::max(from, searched_to_);
  std::array<char, block_bytes> block{};
  for (std::uint64_t end = size_; end > begin;) {
    const std::uint64_t at = end - std::min<std::uint64_t>(end - begin, block.size());
    const std::size_t count = TEND_TRY(os::read_at(fd_, std::span(block).first(end - at), at));
    const std::string_view bytes(block.data(), count);
    if (const std::size_t found = bytes.rfind('\n'); found != std::string_view::npos) {
      line_end_ = at + found + 1;
      break;
    }
    end = at;
  }
  searched_to_ = size_;
  return line_end_ > from;
}

/// Whoever is killed between two of these steps leaves what recover() understands: until the old
/// file is cut it does not end with a newline (or there is no tail), and the new one is void.
Result<> LogFile::rotate(const os::Fd& directory, Rotation rotation) {
  if (rotation.is_cut) {
    index_.note({.offset = size_,
                 .realtime_ns = nanoseconds_of(os::realtime_now()),
                 .kind = IndexKind::cut});
  }
  found_.has_next = true;
  auto tail = write_tail(directory, rotation.at);
  if (!tail) {
    if (remove_if_there(directory, next_log_name(service_))) {
      found_.has_next = false;
    }
    return tail;
  }
  if (rotation.at < size_) {
    TEND_TRY(os::truncate_file(fd_, rotation.at));
  }
  close();
  TEND_TRY(finish_rotation(directory));
  return open_current(directory);
}

Result<> LogFile::write_tail(const os::Fd& directory, std::uint64_t from) {
  const std::string name = next_log_name(service_);
  TEND_TRY(remove_if_there(directory, name));
  const os::Fd next = TEND_TRY(os::open_at(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0600));
  std::array<char, block_bytes> block{};
  for (std::uint64_t at = from; at < size_;) {
    const std::size_t count = TEND_TRY(os::read_at(
        fd_, std::span(block).first(std::min<std::uint64_t>(block.size(), size_ - at)), at));
    if (count == 0) {
      return failed("read", current_log_name(service_), EIO);
    }
    TEND_TRY(os::write_at(next, std::string_view(block.data(), count), at - from));
    at += count;
  }
  return {};
}

Result<> LogFile::finish_rotation(const os::Fd& directory) {
  const std::string current = current_log_name(service_);
  auto finished = os::rename_at(directory, current, finished_log_name(service_, generation_));
  if (finished) {
    found_.finished.insert(generation_);
    ++generation_;
  } else if (finished.error().code != ENOENT) {  // ENOENT: that step was done before.
    return finished;
  }
  found_.has_current = false;
  index_.open(directory, index_name(service_, generation_));
  index_.note({.realtime_ns = nanoseconds_of(os::realtime_now()), .kind = IndexKind::begin});
  found_.indexes.insert(generation_);
  TEND_TRY(os::rename_at(directory, next_log_name(service_), current));
  found_.has_next = false;
  found_.has_current = true;
  remove_old(directory);
  return {};
}

/// Files beyond the number to keep, and indexes whose file is gone. What cannot be removed now is
/// tried again by the next recorder.
void LogFile::remove_old(const os::Fd& directory) {
  while (found_.finished.size() > keep_) {
    const std::uint64_t oldest = *found_.finished.begin();
    static_cast<void>(os::remove_file_at(directory, finished_log_name(service_, oldest)));
    found_.finished.erase(found_.finished.begin());
  }
  const std::uint64_t first = found_.finished.empty() ? generation_ : *found_.finished.begin();
  while (!found_.indexes.empty() && *found_.indexes.begin() < first) {
    static_cast<void>(os::remove_file_at(directory, index_name(service_, *found_.indexes.begin())));
    found_.indexes.erase(found_.indexes.begin());
  }
}

void LogFile::close() noexcept {
  fd_.reset();
  index_.close();
  size_ = 0;
  searched_to_ = 0;
  line_end_ = 0;
}

}  // namespace tend::service
