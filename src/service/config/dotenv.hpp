#pragma once
// The .env format: KEY=VALUE lines, `#` comments, quotes, an optional `export`. Nothing is
// expanded:
// `$` is a letter like any other.
//
//   KEY=plain text up to the end of the line, or up to a space and #
//   KEY='exact, over several lines'
//   KEY="with \n \r \t \" \\ \$, over several lines"

#include <string>
#include <string_view>
#include <vector>

#include "service/config/problem.hpp"

namespace tend::service::config {

struct Variable {
  std::string key{};
  std::string value{};

  bool operator==(const Variable&) const = default;
};

struct Dotenv {
  std::vector<Variable> variables{};
  std::vector<Problem> problems{};  ///< Positions are in the .env text.
};

/// All variables in order, and all problems; a line with a problem gives no variable. A key that
/// comes twice is a problem.
[[nodiscard]] Dotenv parse_dotenv(std::string_view text);

/// What is wrong with a name of a variable: empty, wrong letters, or one that tend sets itself.
/// Empty when it is right.
[[nodiscard]] std::string what_is_wrong_with_variable(std::string_view key);

/// NOTIFY_SOCKET, LISTEN_*, WATCHDOG_* and TEND_*: the services get their own or none.
[[nodiscard]] bool is_set_by_tend(std::string_view key) noexcept;

}  // namespace tend::service::config
