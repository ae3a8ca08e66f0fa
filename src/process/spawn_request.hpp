#pragma once
// The wishes of a Command, made ready: files and pipes opened, user and environment resolved, all
// as the options of os/spawn.hpp. What every verb does first, and what fails there fails by name,
// before anything is started.

#include <tend/command.hpp>
#include <tend/error.hpp>

#include <optional>

#include "os/cgroup.hpp"
#include "os/spawn_options.hpp"
#include "process/streams.hpp"

namespace tend::process {

class SpawnRequest {
 public:
  static Result<SpawnRequest> make(const Command::Wishes& wishes, Verb verb);

  /// Valid as long as the request stays where it is.
  [[nodiscard]] const os::SpawnOptions& options();

  [[nodiscard]] Streams& streams() noexcept { return streams_; }
  [[nodiscard]] std::optional<os::Cgroup>& cgroup() noexcept { return cgroup_; }

 private:
  SpawnRequest() = default;

  os::SpawnOptions options_{};
  std::optional<os::Cgroup> cgroup_{};
  Streams streams_{};
  Fd foreground_{};
};

}  // namespace tend::process
