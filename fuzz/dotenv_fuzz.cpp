// Whatever stands in a .env file: variables that can be handed to a program, and problems.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "service/config/dotenv.hpp"

namespace {

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tend::service::config;
  const Dotenv dotenv = parse_dotenv(std::string_view(reinterpret_cast<const char*>(data), size));
  std::set<std::string> keys;
  for (const Variable& variable : dotenv.variables) {
    require(what_is_wrong_with_variable(variable.key).empty());
    require(keys.insert(variable.key).second);
    require(!variable.value.contains('\0') && variable.value.size() <= size);
  }
  for (const Problem& problem : dotenv.problems) {
    require(problem.at.line >= 1 && problem.at.column >= 1 && problem.at.line <= size + 1);
  }
  return 0;
}
