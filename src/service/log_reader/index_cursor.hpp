#pragma once
// IndexCursor: tells the arrival time of rising offsets of one log file, reading its time index
// along and keeping only what is still needed.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "service/recorder/time_index.hpp"

namespace tend::service {

class IndexCursor {
 public:
  /// Begins anew with the index of another file.
  void open(std::string name);

  /// The file has grown: its index may have, too.
  void note_growth() noexcept { may_have_more_ = true; }

  /// When the byte at `offset` arrived; nothing: no index says.
  std::optional<std::int64_t> time_at(const os::Fd& directory, std::uint64_t offset);

 private:
  void read_on(const os::Fd& directory);

  std::string name_{};
  std::vector<IndexEntry> entries_{};  ///< The first one holds for the last offset asked for.
  std::uint64_t read_to_ = 0;
  bool may_have_more_ = false;
};

}  // namespace tend::service
