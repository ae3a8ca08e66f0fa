#pragma once
// A table for people: columns as wide as what is in them, a headline, and a last column that may be
// cut at the edge of the terminal. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/colour.hpp"

namespace tend::cli {

enum class Align : std::uint8_t { left, right };

struct Heading {
  std::string text{};
  Align align = Align::left;
};

/// One line of text without control characters: whoever fills it in escapes them (printable()).
struct Cell {
  std::string text{};
  Tone tone = Tone::plain;

  // NOLINTBEGIN(google-explicit-constructor): most cells are a plain text.
  Cell(std::string words, Tone colour = Tone::plain) : text(std::move(words)), tone(colour) {}
  Cell(const char* words) : text(words) {}
  // NOLINTEND(google-explicit-constructor)
};

class Table {
 public:
  explicit Table(std::vector<Heading> headings) : headings_(std::move(headings)) {}

  /// As many cells as headings.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// The headline and the rows. No line ends in a space. `width`: no line is wider; nothing: the
  /// lines are as long as they are.
  [[nodiscard]] std::vector<std::string> lines(const Painter& painter,
                                               std::optional<std::size_t> width) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;

  std::vector<Heading> headings_;
  std::vector<std::vector<Cell>> rows_{};
};

}  // namespace tend::cli
