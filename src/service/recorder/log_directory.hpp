#pragma once
// LogDirectory: the folder of all logs of a project, and what lay in it when it was opened. Opening
// follows no symbolic link; a folder that somebody removed is made anew.

#include <tend/error.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "os/fd.hpp"
#include "service/recorder/found_logs.hpp"

namespace tend::service {

class LogDirectory {
 public:
  explicit LogDirectory(std::string path) : path_(std::move(path)) {}

  /// Opens it if need be. After an error it is tried again by the next call.
  Result<> ensure_open();

  /// Whether `path` still leads to the open folder; if not it is closed, and files opened in it are
  /// to be closed too.
  [[nodiscard]] bool is_still_there();

  /// Only after ensure_open().
  [[nodiscard]] const os::Fd& fd() const noexcept { return fd_; }

  /// Goes up whenever the folder is opened anew: found() may say something else then.
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

  /// What was there when it was opened.
  [[nodiscard]] FoundLogs found(const std::string& service) const;

  /// The services with an unfinished rotation.
  [[nodiscard]] std::set<std::string> interrupted() const;

 private:
  Result<> scan();

  std::string path_;
  os::Fd fd_{};
  std::uint64_t epoch_ = 0;
  FoundByService found_{};
};

}  // namespace tend::service
