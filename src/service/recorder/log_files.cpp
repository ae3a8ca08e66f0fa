#include "service/recorder/log_files.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "os/file_at.hpp"

namespace tend::service {

namespace {

/// Two descriptors each: the log and its index.
constexpr std::size_t open_max = 256;

/// How soon a folder is missed that was removed or replaced while its files are open.
constexpr std::chrono::seconds look_every{1};

}  // namespace

LogFiles::LogFiles(const ProjectSpec& project) : directory_(project.log_dir) {
  const std::uint64_t limit = os::file_size_limit();
  slots_.reserve(project.services.size());
  for (const ServiceSpec& service : project.services) {
    slots_.push_back({.file = LogFile(service.name, service.log, limit)});
  }
}

Result<LogFile*> LogFiles::ready(std::uint32_t record) {
  watch_directory();
  remember_use(record);
  LogFile& file = slots_.at(record).file;
  auto made = make_ready(file);
  if (!made && !directory_.is_still_there()) {
    made = make_ready(file);  // The folder was removed under us; a new one may be had.
  }
  if (!made) {
    return std::unexpected(std::move(made).error());
  }
  return &file;
}

Result<> LogFiles::make_ready(LogFile& file) { return file.make_ready(directory_); }

void LogFiles::remember_use(std::uint32_t record) {
  Slot& slot = slots_[record];
  if (slot.is_listed) {
    open_.splice(open_.begin(), open_, slot.place);
    return;
  }
  open_.push_front(record);
  slot.place = open_.begin();
  slot.is_listed = true;
  if (open_.size() > open_max) {
    Slot& oldest = slots_[open_.back()];
    oldest.file.close();
    oldest.is_listed = false;
    open_.pop_back();
  }
}

void LogFiles::watch_directory() {
  const os::Instant now = os::monotonic_now();
  if (now - looked_at_ >= look_every) {
    looked_at_ = now;
    static_cast<void>(directory_.is_still_there());  // Closes it if not.
  }
}

void LogFiles::recover() {
  if (!directory_.ensure_open()) {
    return;
  }
  const auto interrupted = directory_.interrupted();
  for (std::uint32_t record = 0; record < slots_.size() && !interrupted.empty(); ++record) {
    if (interrupted.contains(slots_[record].file.service())) {
      static_cast<void>(ready(record));
    }
  }
}

}  // namespace tend::service
