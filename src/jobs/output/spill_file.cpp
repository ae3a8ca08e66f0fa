#include "jobs/output/spill_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/environment.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"

namespace tend::jobs {

Result<> SpillFile::open() {
  if (file_) {
    return {};
  }
  auto unnamed = os::open_file(directory_, O_TMPFILE | O_RDWR | O_EXCL);
  if (unnamed) {
    file_ = *std::move(unnamed);
    return {};
  }
  // Not every file system can do that (open(2), O_TMPFILE): then it has a name for an instant.
  const std::string path = text::format("{}/tend-spill-{:016x}", directory_, os::random_bits());
  file_ = TEND_TRY(os::open_file(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW));
  return os::remove_file(path);
}

Result<Extent> SpillFile::append(std::string_view bytes) {
  const auto told = [this](Error error) {
    error.subject = "the output that waits in " + directory_ + " (or TMPDIR)";
    return std::unexpected(std::move(error));
  };
  if (auto opened = open(); !opened) {
    return told(std::move(opened).error());
  }
  if (auto written = os::write_at(file_, bytes, end_); !written) {
    // What was written of it goes; the next, smaller piece may fit.
    static_cast<void>(os::truncate_file(file_, end_));
    return told(std::move(written).error());
  }
  const Extent extent{.offset = end_, .bytes = bytes.size()};
  end_ += bytes.size();
  live_bytes_ += bytes.size();
  return extent;
}

Result<std::string> SpillFile::take(Extent& extent, std::size_t bytes_max) {
  std::string bytes(std::min<std::uint64_t>(extent.bytes, bytes_max), '\0');
  const std::size_t count = TEND_TRY(os::read_at(file_, std::span(bytes), extent.offset));
  if (count == 0) {
    return refused("read", "the output that waits in " + directory_, "its end is missing");
  }
  bytes.resize(count);
  drop({.offset = extent.offset, .bytes = count});
  extent.offset += count;
  extent.bytes -= count;
  return bytes;
}

void SpillFile::drop(const Extent& extent) {
  live_bytes_ -= extent.bytes;
  if (live_bytes_ == 0) {
    static_cast<void>(os::truncate_file(file_, 0));
    end_ = 0;
    return;
  }
  // A file system that cannot gives the blocks back at the end.
  static_cast<void>(os::free_range(file_, extent.offset, extent.bytes));
}

std::string spill_directory() {
  const auto environment = os::own_environment();
  const auto wished = os::find_variable(environment, "TMPDIR");
  return wished && !wished->empty() ? std::string(*wished) : "/var/tmp";
}

}  // namespace tend::jobs
