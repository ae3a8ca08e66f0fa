#pragma once
// The separator between two items as people write it on a command line: `,`, `\t`, `\0`, `\x1f`,
// `::`.

#include <tend/error.hpp>

#include <string>
#include <string_view>

namespace tend::jobs {

/// `\n`, `\t`, `\r`, `\0`, `\\` and `\xHH` stand for one byte each; everything else for itself.
/// An empty separator and an unknown escape are errors.
[[nodiscard]] Result<std::string> parse_separator(std::string_view text);

}  // namespace tend::jobs
