#pragma once
// The jobserver of make, as MAKEFLAGS says it (GNU make manual, POSIX Jobserver). Pure.

#include <optional>
#include <string>
#include <string_view>

namespace tend::jobs {

/// Where the tokens of a make above us are: a pipe that we inherited, or a fifo (make 4.4).
struct JobserverAddress {
  int read_end = -1;
  int write_end = -1;
  std::string fifo{};  ///< Empty: it is the pipe.

  bool operator==(const JobserverAddress&) const = default;
};

/// Absent: there is none. The last one counts.
[[nodiscard]] std::optional<JobserverAddress> find_jobserver(std::string_view makeflags);

/// The flags for jobs that do not inherit the pipe: without it, and without `-jN`, so that a make
/// among them builds one thing at a time instead of taking what it has no tokens for.
[[nodiscard]] std::string makeflags_without_jobserver(std::string_view makeflags);

/// The flags for a job that has `slots` to share with others by this jobserver: what was said of
/// another one is gone.
[[nodiscard]] std::string makeflags_with_jobserver(std::string_view makeflags,
                                                   const JobserverAddress& address, unsigned slots);

}  // namespace tend::jobs
