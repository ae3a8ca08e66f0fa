#pragma once
// Reads a config file from the disk and makes a project of it: the shell around service_file.hpp.
// Only for commands; it forks once to try the TOML parser out, so no other thread may run.

#include <tend/error.hpp>

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "service/config/problem.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

struct LoadOptions {
  /// KEY=VALUE: what the services inherit; usually os::own_environment().
  std::vector<std::string> environment{};
};

/// Why there is no project: the file could not be had, or its text has problems.
struct Rejected {
  std::string file{};               ///< As it was named.
  std::optional<Error> error{};     ///< Set when the file could not be read.
  std::vector<Problem> problems{};  ///< In the order of the file; empty with `error`.

  /// All of it for a person, each line ended: `file:line:column: message` with hints below.
  [[nodiscard]] std::string text() const;
};

/// A regular file of at most 4 MiB; as root, one that only its owner can write. The names in it are
/// resolved, `log_dir` is left to the caller (places_of).
[[nodiscard]] std::expected<ProjectSpec, Rejected> load_project(const std::string& path,
                                                                const LoadOptions& options);

}  // namespace tend::service::config
