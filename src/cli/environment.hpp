#pragma once
// Variables of tend's own environment.

#include <optional>
#include <string>

namespace tend::cli {

/// Nothing when it is not set.
[[nodiscard]] std::optional<std::string> variable(const char* name);

}  // namespace tend::cli
