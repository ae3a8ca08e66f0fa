#include "service/recorder/index_file.hpp"

#include <fcntl.h>

#include <string_view>

#include "os/file_at.hpp"
#include "os/files.hpp"

namespace tend::service {

void IndexFile::open(const os::Fd& directory, const std::string& name) {
  close();
  // O_NONBLOCK: a FIFO that somebody planted must not hold us.
  auto opened = os::open_at(directory, name, O_WRONLY | O_CREAT | O_NONBLOCK, 0600);
  if (!opened) {
    return;
  }
  const auto status = os::status_of(*opened);
  if (!status || !status->is_regular) {
    return;
  }
  fd_ = *std::move(opened);
  end_ = status->size_bytes / index_entry_bytes * index_entry_bytes;
}

void IndexFile::note(const IndexEntry& entry) {
  if (!fd_ || !thinner_.wants(entry)) {
    return;
  }
  const IndexEntryBytes bytes = encode(entry);
  // A part of an entry that got through is overwritten by the next one.
  if (os::write_at(fd_, std::string_view(bytes.data(), bytes.size()), end_)) {
    end_ += index_entry_bytes;
    thinner_.note(entry);
  }
}

void IndexFile::close() noexcept {
  fd_.reset();
  end_ = 0;
  thinner_.reset();
}

}  // namespace tend::service
