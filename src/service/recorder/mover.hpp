#pragma once
// Mover: takes bytes from a log pipe through the staging pipe into the log file of their service.
// The staging pipe outlives us in the keeper, and the state file says whose bytes lie in it, so a
// recorder that is killed between any two steps is continued to the byte.
//
//   log pipe --splice--> staging pipe --splice--> file
//
// Why the detour: the kernel holds a pipe's lock while it writes to a file, and a slow disk would
// stop the service at its next write, even a non-blocking one.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/pipe.hpp"
#include "os/splice.hpp"
#include "service/recorder/log_files.hpp"
#include "service/service_spec.hpp"
#include "service/state_table.hpp"

namespace tend::service {

class Mover {
 public:
  /// `dropped` counts per record, in the state file, as `owner` is.
  Mover(const ProjectSpec& project, os::Pipe staging, RecorderPart& owner,
        std::span<std::uint64_t> dropped);

  [[nodiscard]] bool knows(std::uint32_t record) const noexcept { return record < dropped_.size(); }

  /// Brings what a predecessor left to its end: half-done rotations first, then the staged bytes.
  Result<> recover();

  /// One portion of a run's output. An error means that it cannot be written now: the bytes wait in
  /// their pipe or in the staging pipe. With policy `drop` there is no error: they are counted.
  Result<os::Moved> move(const os::Fd& pipe, std::uint32_t record, std::uint32_t run);

  /// Staged bytes could not be written; nobody's can be before settle() succeeds.
  [[nodiscard]] bool is_stuck() const noexcept { return staged_ > 0; }
  Result<> settle();

  /// For who takes over from us.
  [[nodiscard]] const os::Pipe& staging() const noexcept { return staging_; }

  /// Services whose bytes are being dropped; the errno, 0 if there is none.
  [[nodiscard]] int dropping_errno() const noexcept;

  /// Tries to write again for those services, beginning with a note of what is missing.
  void stop_dropping();

 private:
  struct Gap {
    std::uint64_t bytes = 0;
    int code = 0;
  };

  Result<os::Moved> move_to(LogFile& file, const os::Fd& pipe, std::uint32_t run,
                            std::uint32_t record);
  Result<> flush(LogFile& file, std::uint32_t run, os::WallTime now);
  Result<os::Moved> drop(const os::Fd& pipe, std::uint32_t record, int code);
  void count_dropped(std::uint32_t record, std::size_t bytes, int code);
  void set_owner(std::uint32_t record, std::uint32_t run) noexcept;
  [[nodiscard]] bool may_drop(std::uint32_t record) const;

  const ProjectSpec& project_;
  LogFiles files_;
  os::Pipe staging_;
  RecorderPart& owner_;
  std::span<std::uint64_t> dropped_;
  os::Fd null_{};
  std::size_t staged_ = std::numeric_limits<std::size_t>::max();  ///< At first not known.
  int stuck_errno_ = 0;
  std::map<std::uint32_t, Gap> gaps_{};
};

}  // namespace tend::service
