#pragma once
// LogFiles: the log files of all services of a project, of which a bounded number is kept open: the
// ones used last.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "os/clock.hpp"
#include "service/recorder/log_directory.hpp"
#include "service/recorder/log_file.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

class LogFiles {
 public:
  explicit LogFiles(const ProjectSpec& project);

  /// The file of a service, ready to take `room()` bytes.
  Result<LogFile*> ready(std::uint32_t record);

  [[nodiscard]] LogDirectory& directory() noexcept { return directory_; }

  /// Continues every rotation that a killed recorder left half done. What fails is tried again when
  /// bytes come for that service.
  void recover();

  [[nodiscard]] std::size_t open_count() const noexcept { return open_.size(); }

 private:
  struct Slot {
    LogFile file;
    std::list<std::uint32_t>::iterator place{};
    bool is_listed = false;
  };

  Result<> make_ready(LogFile& file);
  void remember_use(std::uint32_t record);
  void watch_directory();

  LogDirectory directory_;
  std::vector<Slot> slots_{};
  std::list<std::uint32_t> open_{};  ///< Most recently used first.
  os::Instant looked_at_{};
};

}  // namespace tend::service
