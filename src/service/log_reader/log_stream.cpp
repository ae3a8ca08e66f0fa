#include "service/log_reader/log_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"
#include "service/recorder/log_names.hpp"

namespace tend::service {

namespace {

/// Rotations that may happen while we look; then the caller looks again later.
constexpr int steps_max = 1000;

Result<bool> exists(const os::Fd& directory, const std::string& name) {
  const auto status = os::status_at(directory, name);
  if (!status && status.error().code != ENOENT) {
    return std::unexpected(status.error());
  }
  return status.has_value();
}

Result<bool> are_same(const os::Fd& one, const os::Fd& other) {
  return TEND_TRY(os::status_of(one)).same_file(TEND_TRY(os::status_of(other)));
}

}  // namespace

LogStream::LogStream(std::string service, LogPosition begin, Options options)
    : service_(std::move(service)),
      position_(begin),
      options_(options),
      is_amid_line_(begin.is_amid_line),
      is_skipping_(begin.is_amid_line && options.skips_begun_line) {
  index_.open(index_name(service_, position_.generation));
}

Result<std::optional<LogStream::Line>> LogStream::next(const os::Fd& directory,
                                                       std::int64_t now_realtime_ns) {
  while (true) {
    const std::int64_t time = time_of_front(directory, now_realtime_ns);
    const auto piece = buffer_.next();
    if (!piece) {
      if (!TEND_TRY(fill(directory))) {
        return std::nullopt;
      }
      continue;
    }
    const Line line = line_of(*piece, time);
    if (!is_skipping_) {
      return line;
    }
    is_skipping_ = !line.ends_in_newline;
  }
}

std::optional<LogStream::Line> LogStream::rest(const os::Fd& directory,
                                               std::int64_t now_realtime_ns) {
  const std::int64_t time = time_of_front(directory, now_realtime_ns);
  const auto piece = buffer_.rest();
  if (!piece) {
    return std::nullopt;
  }
  const Line line = line_of(*piece, time);
  return is_skipping_ ? std::nullopt : std::optional(line);
}

LogStream::Line LogStream::line_of(const LineBuffer::Piece& piece, std::int64_t time) {
  last_time_ = time;
  return {.realtime_ns = time,
          .bytes = piece.bytes,
          .ends_in_newline = piece.ends_line,
          .is_continued = std::exchange(is_amid_line_, !piece.ends_line)};
}

/// Of the first byte that was not given out yet. A line that goes on from the file before keeps the
/// time of its predecessor: it is the same moment, as far as anyone can tell.
std::int64_t LogStream::time_of_front(const os::Fd& directory, std::int64_t now) {
  if (buffer_.size() == 0) {
    return last_time_;
  }
  std::optional<std::int64_t> time;
  if (position_.offset >= buffer_.size()) {
    time = index_.time_at(directory, position_.offset - buffer_.size());
  }
  return time.value_or(last_time_ != 0 ? last_time_ : now);
}

bool LogStream::is_at_end() const noexcept {
  if (!options_.end) {
    return false;
  }
  const LogPosition& end = *options_.end;
  return position_.generation > end.generation ||
         (position_.generation == end.generation && position_.offset >= end.offset);
}

/// Of the next block: not beyond the end that was set.
std::size_t LogStream::wanted_bytes() const noexcept {
  if (!options_.end || options_.end->generation != position_.generation) {
    return block_.size();
  }
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(block_.size(), options_.end->offset - position_.offset));
}

/// Reads a block; whether there was one.
Result<bool> LogStream::fill(const os::Fd& directory) {
  block_.resize(options_.block_bytes);
  for (int step = 0; step < steps_max && !is_at_end(); ++step) {
    if (!fd_ && !TEND_TRY(open_file(directory))) {
      return false;
    }
    const std::size_t count =
        TEND_TRY(os::read_at(fd_, std::span(block_).first(wanted_bytes()), position_.offset));
    if (count > 0) {
      buffer_.append({block_.data(), count});
      position_.offset += count;
      index_.note_growth();
      return true;
    }
    if (!is_finished_) {
      is_finished_ = TEND_TRY(is_finished_now(directory));
      if (is_finished_) {
        continue;  // What was added before it was finished is still to be read.
      }
      if (!TEND_TRY(was_cut_from_outside(directory))) {
        return false;
      }
      position_.offset = 0;
      continue;
    }
    TEND_TRY(go_to_next_file());
  }
  return false;
}

/// Opens the file of the present generation; false: it is not there yet.
Result<bool> LogStream::open_file(const os::Fd& directory) {
  for (int step = 0; step < steps_max; ++step) {
    auto opened = TEND_TRY(open_generation(directory, service_, position_.generation));
    if (!opened) {
      return false;
    }
    if (previous_ && TEND_TRY(are_same(previous_, opened->fd))) {
      // Its number was raised when it was finished: these bytes are known.
      if (!opened->is_finished) {
        return false;
      }
      ++position_.generation;
      continue;
    }
    if (!opened->is_finished && TEND_TRY(skip_lost_files(directory))) {
      continue;
    }
    fd_ = std::move(opened->fd);
    is_finished_ = opened->is_finished;
    previous_.reset();
    index_.open(index_name(service_, position_.generation));
    return true;
  }
  return false;
}

/// The current file is that of our generation if it has our index. If not, files may have been
/// removed before we read them: goes on with the oldest that is left. Whether it had to.
Result<bool> LogStream::skip_lost_files(const os::Fd& directory) {
  if (TEND_TRY(exists(directory, index_name(service_, position_.generation)))) {
    return false;
  }
  const FoundByService found = TEND_TRY(find_logs(directory));
  const auto logs = found.find(service_);
  if (logs == found.end()) {
    return false;
  }
  for (const std::uint64_t generation : generations_of(logs->second)) {
    if (generation > position_.generation) {
      position_ = {.generation = generation};
      return true;
    }
    if (generation == position_.generation) {
      return false;
    }
  }
  return false;
}

/// The name of the current file leads elsewhere: ours was finished, or removed.
Result<bool> LogStream::is_finished_now(const os::Fd& directory) {
  const auto named = os::status_at(directory, current_log_name(service_));
  if (!named && named.error().code == ENOENT) {
    return true;
  }
  return !TEND_TRY(named).same_file(TEND_TRY(os::status_of(fd_)));
}

Result<> LogStream::go_to_next_file() {
  const std::uint64_t size = TEND_TRY(os::status_of(fd_)).size_bytes;
  position_.offset = position_.offset > size ? position_.offset - size : 0;
  ++position_.generation;
  previous_ = std::move(fd_);
  is_finished_ = false;
  return {};
}

/// The current file is shorter than what was read of it, and no rotation is under way.
Result<bool> LogStream::was_cut_from_outside(const os::Fd& directory) {
  if (TEND_TRY(os::status_of(fd_)).size_bytes >= position_.offset ||
      TEND_TRY(exists(directory, next_log_name(service_)))) {
    return false;
  }
  // The rotation may have ended between the two looks.
  return !TEND_TRY(is_finished_now(directory));
}

}  // namespace tend::service
