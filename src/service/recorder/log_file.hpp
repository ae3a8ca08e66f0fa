#pragma once
// LogFile: the log of one service, being written: its current file with the time index, rotation,
// and the continuation of a rotation that a killed recorder left half done. It decides nothing
// (rotation_plan.hpp does) and never loses or doubles a byte, wherever it is stopped.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "service/recorder/index_file.hpp"
#include "service/recorder/log_directory.hpp"
#include "service/recorder/rotation_plan.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

class LogFile {
 public:
  LogFile(std::string service, const LogSpec& spec, std::uint64_t file_size_limit);

  /// Makes it writable: opens the file (or a new one, if it was removed), finishes what was begun,
  /// and rotates if it is full. To be called before bytes enter the staging pipe: what fails here
  /// holds back this service alone. At most `room()` bytes may follow.
  Result<> make_ready(LogDirectory& directory);

  [[nodiscard]] std::size_t room() const noexcept { return room_in(size_, limits_); }

  /// Moves up to `bytes_max` bytes of the pipe to the end of the file; 0: the pipe is empty.
  Result<std::size_t> append_from(const os::Fd& pipe, std::size_t bytes_max, std::uint32_t run,
                                  os::WallTime now);

  /// Writes a line of our own about missing bytes, all of it or nothing.
  Result<> append_note(std::string_view line, os::WallTime now);

  /// Goes on with a new file although this one is not full: the kernel refuses to let it grow.
  Result<> rotate_early(LogDirectory& directory);

  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return fd_.is_open(); }
  [[nodiscard]] const std::string& service() const noexcept { return service_; }

 private:
  Result<> look_at_directory(LogDirectory& directory);
  Result<> recover(const os::Fd& directory);
  Result<> open_current(const os::Fd& directory);
  Result<> begin_file(const os::Fd& directory);
  Result<> look_at_file();
  Result<> rotate(const os::Fd& directory, Rotation rotation);
  Result<> write_tail(const os::Fd& directory, std::uint64_t from);
  Result<> finish_rotation(const os::Fd& directory);
  void remove_old(const os::Fd& directory);
  Result<bool> find_newline(std::uint64_t from);

  std::string service_;
  std::uint32_t keep_;
  RotationLimits limits_;
  std::uint64_t epoch_ = 0;  ///< Of the directory when `found_` was true.
  FoundLogs found_{};
  std::uint64_t generation_ = 0;
  os::Fd fd_{};
  IndexFile index_{};
  std::uint64_t size_ = 0;
  std::uint64_t searched_to_ = 0;  ///< Newlines have been looked for up to here.
  std::uint64_t line_end_ = 0;     ///< Behind the last newline found; 0: none.
};

}  // namespace tend::service
