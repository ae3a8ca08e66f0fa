#include "cli/table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/columns.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t gap = 2;

/// Puts one line together from cells, each padded to its column, until the line is full.
class LineMaker {
 public:
  LineMaker(const Painter& painter, std::size_t columns_max)
      : painter_(painter), left_(columns_max) {}

  void add(const Cell& cell, Align align, std::size_t width) {
    const std::size_t columns = text::display_columns(cell.text);
    const std::size_t padding = width - std::min(width, columns);
    pending_ += align == Align::right ? padding : 0;
    if (columns > 0 && left_ > pending_) {
      left_ -= pending_;
      line_.append(std::exchange(pending_, 0), ' ');
      line_ += painter_.paint(cell.tone, text::clipped(cell.text, left_));
      left_ -= std::min(left_, columns);
    }
    pending_ += (align == Align::right ? 0 : padding) + gap;
  }

  [[nodiscard]] std::string take() { return std::move(line_); }

 private:
  const Painter& painter_;
  std::size_t left_;
  std::string line_{};
  std::size_t pending_ = 0;  // Spaces that are written once something follows them.
};

}  // namespace

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  widths.reserve(headings_.size());
  for (const Heading& heading : headings_) {
    widths.push_back(text::display_columns(heading.text));
  }
  for (const std::vector<Cell>& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], text::display_columns(row[i].text));
    }
  }
  return widths;
}

std::vector<std::string> Table::lines(const Painter& painter,
                                      std::optional<std::size_t> width) const {
  const std::vector<std::size_t> widths = this->widths();
  if (widths.empty()) {
    return {};
  }
  std::vector<std::string> lines;
  lines.reserve(rows_.size() + 1);
  const auto add_line = [&](const std::vector<Cell>& row) {
    LineMaker maker(painter, width.value_or(std::numeric_limits<std::size_t>::max()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      maker.add(row[i], headings_[i].align, widths[i]);
    }
    lines.push_back(maker.take());
  };
  std::vector<Cell> headline;
  for (const Heading& heading : headings_) {
    headline.emplace_back(heading.text, Tone::bold);
  }
  add_line(headline);
  std::ranges::for_each(rows_, add_line);
  return lines;
}

}  // namespace tend::cli
