#pragma once
// SpillFile: output that waits for its turn and does not fit into memory, in one file that has no
// name: nobody finds it, and it is gone with us, however we end. It gives blocks back as they are
// read.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "os/fd.hpp"

namespace tend::jobs {

/// A part of the file.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

class SpillFile {
 public:
  /// Nothing is opened before it is needed.
  explicit SpillFile(std::string directory) : directory_(std::move(directory)) {}

  /// Appends all of it. An error (ENOSPC) names the directory; nothing of it is kept then.
  Result<Extent> append(std::string_view bytes);

  /// The first bytes of the extent, which is that much shorter then; they are given back to the
  /// file system.
  Result<std::string> take(Extent& extent, std::size_t bytes_max);

  /// Gives back what nobody will read.
  void drop(const Extent& extent);

  /// Bytes that were appended and not yet taken or dropped.
  [[nodiscard]] std::uint64_t live_bytes() const noexcept { return live_bytes_; }

 private:
  Result<> open();

  std::string directory_;
  os::Fd file_{};
  std::uint64_t end_ = 0;
  std::uint64_t live_bytes_ = 0;
};

/// Where temporary files go: TMPDIR, else /var/tmp, which unlike /tmp is on a disk everywhere.
[[nodiscard]] std::string spill_directory();

}  // namespace tend::jobs
