#pragma once
// Files of records: the frames of remote/frame.hpp, each with a hash of itself, appended one after
// the other. Whatever happens to the machine that writes, its readers get whole records from the
// front of the file up to the first one that is torn, and nothing else.
//
//   file   = greeting | record | record | ...
//   record = frame, the payload of which ends with 8 bytes of the hash of its kind and the rest

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "jobs/remote/frame.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

struct Record {
  std::uint8_t kind = 0;
  std::string payload{};
  std::uint64_t offset = 0;  ///< In its file, for read_record().
};

/// Adds a record to the end of `bytes`.
void append_record(std::string& bytes, std::uint8_t kind, std::string_view payload);

/// A file of records that is being written. Its lock (flock(2)) is held until it is closed, so that
/// readers see where locks work that it is not over.
class RecordFile {
 public:
  /// A new one. Errors: EEXIST where there is one already.
  static Result<RecordFile> create(const std::string& path);

  /// Adds whole records. After an error the file may end with a torn one: add nothing more.
  Result<> append(std::string_view records);

  /// Waits until all of it is on the disk or with the file server.
  Result<> sync();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  RecordFile(os::Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  os::Fd file_;
  std::string path_;
};

/// Reads one from its front.
class RecordReader {
 public:
  /// Errors: the file cannot be opened.
  static Result<RecordReader> open(const std::string& path);

  /// The next one; nothing: there is no other whole one. Errors: the file cannot be read, or is of
  /// another tend.
  Result<std::optional<Record>> next();

  /// The one at this place, as next() told it. Errors: it is not there any more.
  Result<Record> read_record(std::uint64_t offset) const;

  /// With next() at its end: there are bytes behind the last whole record.
  [[nodiscard]] bool is_torn() const noexcept { return is_torn_; }

 private:
  RecordReader(os::Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  os::Fd file_;
  std::string path_;
  FrameReader frames_{};
  std::uint64_t read_ = 0;
  std::uint64_t offset_ = 0;  ///< Of the next record.
  bool is_torn_ = false;
};

/// Whoever writes the file holds its lock; false also where locks do not work.
[[nodiscard]] Result<bool> is_being_written(const std::string& path);

}  // namespace tend::jobs
