#pragma once
// Being told of changes in a directory or file (inotify(7)).

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

struct FileEvent {
  int watch = 0;
  std::uint32_t mask = 0;  ///< IN_* of inotify(7). IN_Q_OVERFLOW: events were lost, look anew.
  std::string name{};      ///< Of the file inside a watched directory.
};

/// Close-on-exec and non-blocking.
Result<Fd> make_inotify();

/// Watches the path for the IN_* events in `mask`; the number of the watch.
Result<int> watch_path(const Fd& inotify, const std::string& path, std::uint32_t mask);

/// What has happened so far; empty when nothing.
Result<std::vector<FileEvent>> read_file_events(const Fd& inotify);

}  // namespace tend::os
