// The part of text.hpp that guesses which name was meant.

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace tend::text {

namespace {

// Longer names are not guessed at: the table of distances is quadratic.
constexpr std::size_t name_bytes_max = 256;

template <typename Name>
std::optional<std::string_view> nearest_of(std::string_view name, std::span<const Name> known) {
  if (name.empty() || name.size() > name_bytes_max) {
    return std::nullopt;
  }
  std::optional<std::string_view> best;
  // A third of the letters may be wrong; of two letters, one.
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t shorter = std::min(name.size(), candidate.size());
    const std::size_t longer = std::max(name.size(), candidate.size());
    if (candidate == name || longer - shorter >= best_distance) {
      continue;
    }
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance && distance < longer) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to) {
  // Optimal string alignment: three rows of the table are enough, for one swap looks two rows back.
  std::vector<std::size_t> before_last(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[to.size()];
}

std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> known) {
  return nearest_of(name, known);
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string> known) {
  return nearest_of(name, known);
}

}  // namespace tend::text
