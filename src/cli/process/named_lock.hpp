#pragma once
// A name that at most so many processes hold at once: lock files (flock(2)) in a folder of ours
// alone, one for each slot. Whoever ends, however suddenly, holds it no more; there is no daemon.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::cli {

class NamedLock {
 public:
  /// `name` is that of a file. Errors: files that cannot be opened or locked.
  static Result<NamedLock> open(const std::string& folder, const std::string& name, unsigned slots);

  /// Takes a slot, waiting until the deadline at most; whether it was had. `holder` is one line for
  /// those who wait for us.
  Result<bool> take(std::string_view holder, std::optional<os::Instant> deadline);

  /// Once it was taken: what holds the slot as long as any copy of it is open.
  [[nodiscard]] const os::Fd& descriptor() const { return files_[taken_]; }

  /// What those who hold it have said, one line each.
  [[nodiscard]] std::vector<std::string> holders() const;

 private:
  NamedLock(std::string folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}

  Result<bool> try_take(std::string_view holder);

  std::string folder_;
  std::string name_;
  std::vector<os::Fd> files_{};
  std::size_t taken_ = 0;
};

}  // namespace tend::cli
