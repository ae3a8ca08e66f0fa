#include "service/config/problem.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace tend::service::config {

void Problems::add(Position at, std::string message, std::string hint) {
  all_.push_back({at, std::move(message), std::move(hint)});
}

std::vector<Problem> Problems::take_sorted() {
  std::sort(all_.begin(), all_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.at, a.message) < std::tie(b.at, b.message);
  });
  all_.erase(std::unique(all_.begin(), all_.end()), all_.end());
  return std::move(all_);
}

std::string problem_text(std::string_view file, const Problem& problem) {
  std::string line = text::printable(file);
  if (problem.at.line != 0) {
    line += text::format(":{}:{}", problem.at.line, problem.at.column);
  }
  line += ": " + text::printable(problem.message);
  if (!problem.hint.empty()) {
    line += "\n    " + text::printable(problem.hint);
  }
  return line;
}

std::string problems_text(std::string_view file, std::span<const Problem> problems,
                          std::size_t shown_max) {
  std::string all;
  for (const Problem& problem : problems.first(std::min(problems.size(), shown_max))) {
    all += problem_text(file, problem) + '\n';
  }
  if (problems.size() > shown_max) {
    all += text::format("{}: and {} more\n", text::printable(file), problems.size() - shown_max);
  }
  return all;
}

}  // namespace tend::service::config
