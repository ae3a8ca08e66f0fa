#pragma once
// The keys `env-clear`, `env-file` and `env`: which variables a service sees.

#include <optional>
#include <string>
#include <vector>

#include "service/config/environment.hpp"
#include "service/config/key_reader.hpp"
#include "service/config/surroundings.hpp"

namespace tend::service::config {

/// In this order, the later ones winning: what tend inherited (all of it, or with env-clear a few),
/// HOME, USER, LOGNAME and SHELL of `user`, the env-files as listed, `env`.
[[nodiscard]] std::vector<std::string> read_environment(KeyReader& keys,
                                                        const Environment& inherited,
                                                        const std::optional<User>& user,
                                                        const Surroundings& surroundings);

/// Relative paths start at the directory; `.` and doubled slashes are taken out, `..` is not, for
/// what it means depends on symbolic links.
[[nodiscard]] std::string absolute_path(std::string_view directory, std::string_view path);

}  // namespace tend::service::config
