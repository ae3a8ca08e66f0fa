#pragma once
// Everything that a config file refers to outside of itself, as values and functions, so that
// reading it stays pure: tests give made-up users and files, load_project.cpp gives the real ones.

#include <tend/error.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::service::config {

/// A user as the user database has it.
struct User {
  std::string name{};
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups{};  ///< With the primary one.
  std::string home{};
  std::string shell{};
};

struct Surroundings {
  /// Absolute: of the config file. Relative paths in it start here.
  std::string directory{};

  /// KEY=VALUE: what the services inherit.
  std::vector<std::string> environment{};

  /// Of the process that reads the file.
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  /// By name, or by number when it is one. Absent: there is no such user.
  std::function<Result<std::optional<User>>(std::string_view)> find_user{};
  std::function<Result<std::optional<std::uint32_t>>(std::string_view)> find_group{};

  /// The text of an env-file by its absolute path. A missing file is an error with ENOENT.
  std::function<Result<std::string>(const std::string&)> read_env_file{};
};

}  // namespace tend::service::config
