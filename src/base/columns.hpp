#pragma once
// How wide a text is on a terminal. Pure; the widths are those that terminals agree on: two columns
// for East Asian characters and emoji, none for marks that are written over the one before.

#include <cstddef>
#include <string>
#include <string_view>

namespace tend::text {

/// Of a text without control characters (printable() makes one). A byte that is not UTF-8 counts
/// as one.
[[nodiscard]] std::size_t display_columns(std::string_view text) noexcept;

/// The text, or as much of its beginning as fits, with `…` behind it to show that there was more.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t columns_max);

}  // namespace tend::text
