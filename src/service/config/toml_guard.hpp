#pragma once
// What is looked at before the TOML parser sees a text: size, UTF-8, nesting, and the few forms
// that are known to crash it. It knows strings and comments, and leaves all other errors to the
// parser.

#include <cstddef>
#include <optional>
#include <string_view>

#include "service/config/problem.hpp"

namespace tend::service::config {

inline constexpr std::size_t config_bytes_max = std::size_t{4} << 20U;
inline constexpr std::size_t nesting_max = 32;
inline constexpr std::size_t key_parts_max = 32;

/// The first thing that the parser must not see; absent when there is none.
[[nodiscard]] std::optional<Problem> find_dangerous(std::string_view text);

}  // namespace tend::service::config
