#pragma once
// A folder for state files in memory where the machine has one (/dev/shm): a schedule makes one
// file, and a disk would take longer for that than for all the rest.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "os/files.hpp"

namespace tend::service::world {

class MemoryFolder {
 public:
  MemoryFolder() {
    std::string name = "/dev/shm/tend-world-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      name = std::filesystem::temp_directory_path() / "tend-world-XXXXXX";
      if (::mkdtemp(name.data()) == nullptr) {
        std::abort();
      }
    }
    path_ = name;
    directory_ = os::open_directory(path_).value();
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  [[nodiscard]] const os::Fd& directory() const { return directory_; }

 private:
  std::string path_;
  os::Fd directory_;
};

}  // namespace tend::service::world
