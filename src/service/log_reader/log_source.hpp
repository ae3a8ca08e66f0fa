#pragma once
// Finding the log files of a service from outside, while a recorder writes and rotates them: by
// generation (log_names.hpp), which always means the same bytes.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "service/recorder/found_logs.hpp"
#include "service/recorder/time_index.hpp"

namespace tend::service {

/// A place in the stream of all that a service ever wrote.
struct LogPosition {
  std::uint64_t generation = 1;
  std::uint64_t offset = 0;
  bool is_amid_line = false;  ///< The line at this place began before it.

  bool operator==(const LogPosition&) const = default;
};

struct OpenedLog {
  os::Fd fd{};
  bool is_finished = false;  ///< Nothing will be added any more.
};

/// Opens the file of a generation; nothing: it is not there (yet, or any more).
Result<std::optional<OpenedLog>> open_generation(const os::Fd& directory,
                                                 const std::string& service,
                                                 std::uint64_t generation);

/// All logs in the folder.
Result<FoundByService> find_logs(const os::Fd& directory);

/// The generations with a file, oldest first.
[[nodiscard]] std::vector<std::uint64_t> generations_of(const FoundLogs& found);

/// The whole time index of a generation; empty if there is none.
[[nodiscard]] std::vector<IndexEntry> read_index(const os::Fd& directory,
                                                 const std::string& service,
                                                 std::uint64_t generation);

[[nodiscard]] LogPosition beginning_of(const FoundLogs& found);

Result<LogPosition> end_of(const os::Fd& directory, const std::string& service,
                           const FoundLogs& found);

/// Where the last `lines` lines begin; a line that has not ended yet is one.
Result<LogPosition> tail_of(const os::Fd& directory, const std::string& service,
                            const FoundLogs& found, std::uint64_t lines);

/// Where the bytes begin that arrived at this time or later.
Result<LogPosition> since(const os::Fd& directory, const std::string& service,
                          const FoundLogs& found, std::int64_t realtime_ns);

}  // namespace tend::service
