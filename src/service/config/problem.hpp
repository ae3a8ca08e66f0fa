#pragma once
// What is wrong with a config file, and where. Problems are collected, never thrown: `tend check`
// says everything that is wrong at once.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tend::service::config {

/// Both count from 1, columns in characters; 0 means the file as a whole.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  auto operator<=>(const Position&) const = default;
};

struct Problem {
  Position at{};
  std::string message{};
  std::string hint{};  ///< What to try; may be empty.

  bool operator==(const Problem&) const = default;
};

class Problems {
 public:
  void add(Position at, std::string message, std::string hint = {});

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

  /// Guessing names is quadratic, and nobody reads the hundredth hint.
  [[nodiscard]] bool are_hints_worthwhile() const noexcept { return all_.size() < 100; }

  /// In the order of the file, each once.
  [[nodiscard]] std::vector<Problem> take_sorted();

 private:
  std::vector<Problem> all_{};
};

/// `file:line:column: message`, and the hint on a second line that is set in. No newline at the
/// end.
[[nodiscard]] std::string problem_text(std::string_view file, const Problem& problem);

/// One after the other, each with a newline; after `shown_max` of them only how many more there
/// are.
[[nodiscard]] std::string problems_text(std::string_view file, std::span<const Problem> problems,
                                        std::size_t shown_max = 100);

}  // namespace tend::service::config
