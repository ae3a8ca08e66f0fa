#pragma once
// Sizes in bytes as people write them: `64KiB`, `16MiB`, `1.5GiB`, `100MB`, `4096`.

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tend {

/// Units are B, KiB, MiB, GiB and TiB (powers of 1024), kB, MB, GB and TB (powers of 1000); a plain
/// number is bytes. A fraction is rounded down to a whole byte.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

/// Exact, and parse_size() reads it back: `16MiB`, `1000`.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// For a glance: `812B`, `1.4MiB`.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

}  // namespace tend
