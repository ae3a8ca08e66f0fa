#pragma once
// The lines in front of the members of a tree, from the shape of it. Pure.

#include <tend/inspect/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tend::cli {

enum class Lines : std::uint8_t { ascii, unicode };

/// One member of a tree that is drawn from the top down.
struct Branch {
  std::size_t index = 0;  ///< Of the process.
  std::size_t depth = 0;  ///< 0: the top.
  std::string lines{};    ///< `|  +- ` or `│  ├─ `.
};

/// `top` and everything below it, each parent before its children. Those for which `is_left_out` is
/// true are left out with all below them. However deep the tree is, the lines stay within
/// `depth_drawn_max` levels.
[[nodiscard]] std::vector<Branch> branches_of(const inspect::Tree& tree, std::size_t top,
                                              const std::vector<bool>& is_left_out, Lines lines);

inline constexpr std::size_t depth_drawn_max = 40;

}  // namespace tend::cli
