#include "service/recorder/log_directory.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::service {

namespace {

constexpr std::size_t names_max = 4'000'000;
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

}  // namespace

Result<> LogDirectory::ensure_open() {
  if (fd_) {
    return {};
  }
  auto opened = os::open_file(path_, directory_flags);
  if (!opened && opened.error().code == ENOENT) {
    // Only the last part: a missing parent may be a disk that is not mounted.
    TEND_TRY(os::make_directory(path_, 0700));
    opened = os::open_file(path_, directory_flags);
  }
  fd_ = TEND_TRY(std::move(opened));
  ++epoch_;
  auto scanned = scan();
  if (!scanned) {
    fd_.reset();
  }
  return scanned;
}

Result<> LogDirectory::scan() {
  found_.clear();
  for (const std::string& name : TEND_TRY(os::list_directory(fd_, names_max))) {
    add_found(found_, name);
  }
  return {};
}

bool LogDirectory::is_still_there() {
  if (!fd_) {
    return false;
  }
  const auto open = os::status_of(fd_);
  const auto named = os::status_of(path_);
  if (open && named && named->is_directory && named->same_file(*open)) {
    return true;
  }
  fd_.reset();
  return false;
}

FoundLogs LogDirectory::found(const std::string& service) const {
  const auto at = found_.find(service);
  return at == found_.end() ? FoundLogs{} : at->second;
}

std::set<std::string> LogDirectory::interrupted() const {
  std::set<std::string> services;
  for (const auto& [service, logs] : found_) {
    if (logs.has_next) {
      services.insert(service);
    }
  }
  return services;
}

}  // namespace tend::service
