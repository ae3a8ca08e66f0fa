#pragma once
// A file in memory, shared with every process that maps it, and outliving each of them.

#include <tend/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "os/fd.hpp"

namespace tend::os {

class [[nodiscard]] MappedFile {
 public:
  /// Makes a new file of this size (0600, every block allocated, so that no later write can fail
  /// for want of space and become a SIGBUS) and maps it. An existing file is EEXIST.
  static Result<MappedFile> create_at(const Fd& directory, const std::string& name,
                                      std::size_t bytes);

  /// Maps the whole of an existing file, which must not be a symbolic link, for reading and
  /// writing.
  static Result<MappedFile> open_at(const Fd& directory, const std::string& name);

  /// The same, by a descriptor that was inherited.
  static Result<MappedFile> map(Fd fd);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept
      : fd_(std::move(other.fd_)),
        address_(std::exchange(other.address_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {address_, size_}; }
  [[nodiscard]] const Fd& fd() const noexcept { return fd_; }

 private:
  MappedFile(Fd fd, std::byte* address, std::size_t size) noexcept
      : fd_(std::move(fd)), address_(address), size_(size) {}

  Fd fd_{};
  std::byte* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tend::os
