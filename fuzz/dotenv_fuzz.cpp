// Whatever stands in a .env file: variables that can be handed to a program, and problems.

#include <set>
#include <string_view>

#include "service/config/dotenv.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::service::config;
  const Dotenv dotenv = parse_dotenv(input);
  std::set<std::string> keys;
  for (const Variable& variable : dotenv.variables) {
    require(what_is_wrong_with_variable(variable.key).empty());
    require(keys.insert(variable.key).second);
    require(!variable.value.contains('\0') && variable.value.size() <= input.size());
  }
  for (const Problem& problem : dotenv.problems) {
    require(problem.at.line >= 1 && problem.at.column >= 1 && problem.at.line <= input.size() + 1);
  }
}
