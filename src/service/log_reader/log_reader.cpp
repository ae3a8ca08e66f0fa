#include "service/log_reader/log_reader.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/inotify.hpp"
#include "os/machine.hpp"
#include "service/recorder/log_names.hpp"

namespace tend::service {

namespace {

using namespace std::chrono_literals;

constexpr auto rest_wait = 200ms;
constexpr auto poll_every = 200ms;
constexpr std::size_t given_bytes_max = std::size_t{4} << 20U;

/// All streams together read ahead this much, but each at least a page.
constexpr std::size_t ahead_bytes = std::size_t{16} << 20U;
constexpr std::size_t block_bytes_min = 4096;
constexpr std::size_t block_bytes_max = 64 * 1024;

/// Two descriptors each, beyond what a small soft limit allows.
constexpr std::size_t many_services = 200;

Result<LogPosition> find_start(const os::Fd& directory, const std::string& service,
                               const FoundLogs& found, const LogReadOptions& options) {
  switch (options.start) {
    case LogStart::beginning: return beginning_of(found);
    case LogStart::tail: return tail_of(directory, service, found, options.lines);
    case LogStart::since: return since(directory, service, found, options.since_realtime_ns);
    case LogStart::end: return end_of(directory, service, found);
  }
  return beginning_of(found);
}

std::int64_t wall_ns() { return os::realtime_now().time_since_epoch().count(); }

}  // namespace

Result<LogReader> LogReader::open(const std::string& directory,
                                  std::span<const std::string> services,
                                  const LogReadOptions& options) {
  if (services.size() > many_services) {
    os::raise_descriptor_limit();
  }
  LogReader reader(TEND_TRY(os::open_directory(directory)));
  reader.follow_ = options.follow;
  if (options.follow == Follow::yes) {
    reader.watch_directory(directory);
  }
  const FoundByService found = TEND_TRY(find_logs(reader.directory_));
  const std::size_t share = ahead_bytes / std::max<std::size_t>(services.size(), 1);
  for (const std::string& service : services) {
    TEND_TRY(
        reader.add(service, found, options, std::clamp(share, block_bytes_min, block_bytes_max)));
  }
  return reader;
}

Result<> LogReader::add(const std::string& service, const FoundByService& found,
                        const LogReadOptions& options, std::size_t block_bytes) {
  const auto at = found.find(service);
  const FoundLogs logs = at == found.end() ? FoundLogs{} : at->second;
  LogStream::Options stream{.block_bytes = block_bytes,
                            .skips_begun_line = options.start == LogStart::since};
  if (options.follow == Follow::no) {
    stream.end = TEND_TRY(end_of(directory_, service, logs));
  }
  const LogPosition begin = TEND_TRY(find_start(directory_, service, logs, options));
  by_name_[service] = readings_.size();
  changed_.insert(readings_.size());
  readings_.push_back({.stream = LogStream(service, begin, stream)});
  return {};
}

/// New names in the folder: a first file, or a rotation.
void LogReader::watch_directory(const std::string& path) {
  auto made = os::make_inotify();
  if (made && os::watch_path(*made, path, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)) {
    inotify_ = *std::move(made);
  } else {
    is_polling_ = true;
  }
}

/// By way of /proc, so that it is the open file that is watched and not a new one of its name.
void LogReader::watch_file(std::size_t service) {
  Reading& reading = readings_[service];
  const os::Fd& file = reading.stream.file();
  if (!inotify_ || !file || reading.watched_generation == reading.stream.generation()) {
    return;
  }
  const auto watch =
      os::watch_path(inotify_, "/proc/self/fd/" + std::to_string(file.get()), IN_MODIFY);
  reading.watched_generation = reading.stream.generation();
  if (watch) {
    by_watch_[*watch] = service;
    changed_.insert(service);  // What came between the last read and the watch.
  } else {
    is_polling_ = true;
  }
}

void LogReader::note_events() {
  const auto note_all = [this] {
    for (std::size_t service = 0; service < readings_.size(); ++service) {
      changed_.insert(service);
    }
  };
  if (is_polling_) {
    note_all();
  }
  if (!inotify_) {
    return;
  }
  const auto events = os::read_file_events(inotify_);
  if (!events) {
    is_polling_ = true;
    return;
  }
  for (const os::FileEvent& event : *events) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      note_all();
    } else if (const auto watch = by_watch_.find(event.watch); watch != by_watch_.end()) {
      changed_.insert(watch->second);
    } else if (const auto name = parse_log_name(event.name); name) {
      const auto at = by_name_.find(std::string(name->service));
      if (at != by_name_.end()) {
        changed_.insert(at->second);
      }
    }
  }
}

/// The next line of a stream takes its place in the order.
Result<> LogReader::advance(std::size_t service, std::int64_t now) {
  Reading& reading = readings_[service];
  reading.line = TEND_TRY(reading.stream.next(directory_, now));
  if (reading.line) {
    waiting_.push({.realtime_ns = reading.line->realtime_ns, .service = service});
  }
  return {};
}

Result<bool> LogReader::read(const Callback& callback) {
  if (follow_ == Follow::yes) {
    note_events();
  }
  const std::int64_t now = wall_ns();
  std::set<std::size_t> drained = std::exchange(changed_, {});
  drained.insert(with_rest_.begin(), with_rest_.end());
  for (const std::size_t service : drained) {
    if (!readings_[service].line) {
      TEND_TRY(advance(service, now));
    }
  }
  std::size_t given_bytes = 0;
  while (!waiting_.empty() && given_bytes < given_bytes_max) {
    const std::size_t service = waiting_.top().service;
    waiting_.pop();
    Reading& reading = readings_[service];
    given_bytes += reading.line->bytes.size() + 1;
    give(service, *reading.line, callback);
    TEND_TRY(advance(service, now));
    drained.insert(service);
  }
  for (const std::size_t service : drained) {
    if (!readings_[service].line && follow_ == Follow::yes) {
      look_at_rest(service, callback);
      watch_file(service);
    }
  }
  return !waiting_.empty() || !changed_.empty();
}

/// A last line that does not end is given out as it is, when nothing has come for a while.
void LogReader::look_at_rest(std::size_t service, const Callback& callback) {
  Reading& reading = readings_[service];
  const std::size_t bytes = reading.stream.rest_bytes();
  const os::Instant now = os::monotonic_now();
  if (bytes != reading.rest_bytes) {
    reading.rest_bytes = bytes;
    reading.rest_since = now;
  }
  if (bytes > 0 && now - reading.rest_since >= rest_wait) {
    give_rest(service, callback);
  }
  if (reading.rest_bytes > 0) {
    with_rest_.insert(service);
  } else {
    with_rest_.erase(service);
  }
}

void LogReader::give_rest(std::size_t service, const Callback& callback) {
  Reading& reading = readings_[service];
  if (const auto line = reading.stream.rest(directory_, wall_ns()); line) {
    give(service, *line, callback);
  }
  reading.rest_bytes = 0;
}

void LogReader::read_rest(const Callback& callback) {
  for (std::size_t service = 0; service < readings_.size(); ++service) {
    give_rest(service, callback);
  }
  with_rest_.clear();
}

std::optional<std::chrono::milliseconds> LogReader::look_again_in() const {
  if (!changed_.empty() || !waiting_.empty()) {
    return 0ms;
  }
  std::optional<std::chrono::milliseconds> wait;
  if (is_polling_) {
    wait = poll_every;
  }
  const os::Instant now = os::monotonic_now();
  for (const std::size_t service : with_rest_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(readings_[service].rest_since +
                                                                   rest_wait - now);
    wait = std::clamp(left, 0ms, wait.value_or(left < 0ms ? 0ms : left));
  }
  return wait;
}

void LogReader::give(std::size_t service, const LogStream::Line& line, const Callback& callback) {
  callback({.service = service,
            .realtime_ns = line.realtime_ns,
            .bytes = line.bytes,
            .ends_in_newline = line.ends_in_newline,
            .is_continued = line.is_continued});
}

}  // namespace tend::service
