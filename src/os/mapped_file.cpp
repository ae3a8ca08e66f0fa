#include "os/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::os {

Result<MappedFile> MappedFile::map(Fd fd) {
  const auto size = static_cast<std::size_t>(TEND_TRY(status_of(fd)).size_bytes);
  if (size == 0) {
    return refused("map", "descriptor " + std::to_string(fd.get()), "the file is empty");
  }
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) {
    return failed("map", "descriptor " + std::to_string(fd.get()), errno);
  }
  return MappedFile(std::move(fd), static_cast<std::byte*>(address), size);
}

Result<MappedFile> MappedFile::create_at(const Fd& directory, const std::string& name,
                                         std::size_t bytes) {
  Fd fd = TEND_TRY(os::open_at(directory, name, O_RDWR | O_CREAT | O_EXCL, 0600));
  // posix_fallocate returns the error number; it does not set errno.
  const int code = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
  if (code != 0) {
    static_cast<void>(remove_file_at(directory, name));
    return failed("allocate", name, code);
  }
  return map(std::move(fd));
}

Result<MappedFile> MappedFile::open_at(const Fd& directory, const std::string& name) {
  return map(TEND_TRY(os::open_at(directory, name, O_RDWR)));
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    if (address_ != nullptr) {
      ::munmap(address_, size_);
    }
    fd_ = std::move(other.fd_);
    address_ = std::exchange(other.address_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

MappedFile::~MappedFile() {
  if (address_ != nullptr) {
    ::munmap(address_, size_);
  }
}

}  // namespace tend::os
