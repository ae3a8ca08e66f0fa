#pragma once
// Limits in the words of a table. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::cli {

/// `8.0MiB`, `1024 files`, `unlimited`; `unit` as the kernel writes it, may be empty.
[[nodiscard]] std::string limit_words(std::optional<std::uint64_t> limit, std::string_view unit);

}  // namespace tend::cli
