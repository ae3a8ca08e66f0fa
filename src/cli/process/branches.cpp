#include "cli/process/branches.hpp"

#include <algorithm>
#include <string_view>

namespace tend::cli {

namespace {

struct Pieces {
  std::string_view child{};
  std::string_view last_child{};
  std::string_view goes_on{};
  std::string_view blank = "   ";
};

Pieces pieces_of(Lines lines) {
  return lines == Lines::unicode ? Pieces{"├─ ", "└─ ", "│  "} : Pieces{"|- ", "`- ", "|  "};
}

/// What is still to be drawn, on a stack of our own: a tree can be deeper than ours is.
struct Pending {
  std::size_t index = 0;
  std::size_t depth = 0;
  std::string indent{};  ///< Of its own line, without the piece that leads to it.
  bool is_last = false;
};

class Drawer {
 public:
  Drawer(const inspect::Tree& tree, const std::vector<bool>& is_left_out, Lines lines)
      : tree_(tree), is_left_out_(is_left_out), pieces_(pieces_of(lines)) {}

  std::vector<Branch> draw(std::size_t top) {
    pending_.push_back({.index = top});
    while (!pending_.empty()) {
      const Pending next = std::move(pending_.back());
      pending_.pop_back();
      drawn_.push_back({.index = next.index, .depth = next.depth, .lines = lines_of(next)});
      add_children(next);
    }
    return std::move(drawn_);
  }

 private:
  [[nodiscard]] std::string lines_of(const Pending& of) const {
    if (of.depth == 0) {
      return {};
    }
    return of.indent + std::string(of.is_last ? pieces_.last_child : pieces_.child);
  }

  void add_children(const Pending& parent) {
    std::vector<std::size_t> shown;
    std::ranges::copy_if(tree_.children(parent.index), std::back_inserter(shown),
                         [this](std::size_t child) { return !is_left_out_[child]; });
    std::string indent = parent.indent;
    if (parent.depth > 0 && parent.depth < depth_drawn_max) {
      indent += parent.is_last ? pieces_.blank : pieces_.goes_on;
    }
    for (std::size_t i = shown.size(); i-- > 0;) {
      pending_.push_back({.index = shown[i],
                          .depth = parent.depth + 1,
                          .indent = indent,
                          .is_last = i + 1 == shown.size()});
    }
  }

  const inspect::Tree& tree_;
  const std::vector<bool>& is_left_out_;
  Pieces pieces_;
  std::vector<Pending> pending_{};
  std::vector<Branch> drawn_{};
};

}  // namespace

std::vector<Branch> branches_of(const inspect::Tree& tree, std::size_t top,
                                const std::vector<bool>& is_left_out, Lines lines) {
  return Drawer(tree, is_left_out, lines).draw(top);
}

}  // namespace tend::cli
