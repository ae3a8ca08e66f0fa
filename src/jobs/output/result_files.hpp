#pragma once
// ResultFiles: `--out DIR`: a folder for each job, named by its number, with the files stdout,
// stderr and status. Only numbers become names, so no argument can lead anywhere else.

#include <tend/error.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "jobs/backend.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class ResultFiles {
 public:
  /// Makes the folder, with its parents, where it is missing.
  static Result<ResultFiles> open(const std::string& path);

  /// An attempt begins: empty files, and no status.
  Result<> begin(std::uint64_t sequence);
  Result<> write(std::uint64_t sequence, OutputStream stream, std::string_view bytes);
  /// Its last attempt is over: `exit 0`, `signal 9`, `timeout`, one line.
  Result<> finish(std::uint64_t sequence, std::string_view status);

 private:
  struct Files {
    os::Fd folder{};
    std::array<os::Fd, 2> streams{};
  };

  ResultFiles(std::string path, os::Fd folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}

  std::string path_;
  os::Fd folder_;
  std::map<std::uint64_t, Files> open_{};
};

}  // namespace tend::jobs
