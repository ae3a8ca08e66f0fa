#pragma once
// IndexFile: the time index of one log file, being written. An index is a help, not a record: when
// it cannot be written the log goes on without, and the next entry is tried anew.

#include <cstdint>
#include <string>

#include "os/fd.hpp"
#include "service/recorder/time_index.hpp"

namespace tend::service {

class IndexFile {
 public:
  /// Goes on behind the last whole entry of the file, which is made if it is missing.
  void open(const os::Fd& directory, const std::string& name);

  /// Writes the entry unless it says too little news.
  void note(const IndexEntry& entry);

  void close() noexcept;

 private:
  os::Fd fd_{};
  std::uint64_t end_ = 0;
  IndexThinner thinner_{};
};

}  // namespace tend::service
