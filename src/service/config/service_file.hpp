#pragma once
// The text of a tend.toml as a validated project, or everything that is wrong with it. Pure: what
// it needs of the world outside comes as Surroundings. load_project.hpp reads the file itself.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/problem.hpp"
#include "service/config/surroundings.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

/// `file` is the absolute path, for ProjectSpec::file. `log_dir` stays empty: where logs go is not
/// the file's business. Problems are in the order of the file, never none.
[[nodiscard]] std::expected<ProjectSpec, std::vector<Problem>> parse_project(
    std::string_view text, const std::string& file, const Surroundings& surroundings);

/// A name for a project without one: that of its directory, made fit for the rule of names.
[[nodiscard]] std::string project_name_of(std::string_view directory);

}  // namespace tend::service::config
