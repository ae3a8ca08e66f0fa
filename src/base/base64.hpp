#pragma once
// Bytes as letters that every text may hold: base64 with its usual alphabet and padding (RFC 4648,
// section 4). Pure.

#include <optional>
#include <string>
#include <string_view>

namespace tend {

[[nodiscard]] std::string base64(std::string_view bytes);

/// Absent: it is not base64, or has other letters, missing padding or bits that mean nothing.
[[nodiscard]] std::optional<std::string> parse_base64(std::string_view text);

}  // namespace tend
