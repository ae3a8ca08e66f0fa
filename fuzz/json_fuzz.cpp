// Whatever a client calls JSON: an error, or a value that is written and read again as the same.

#include <string_view>

#include "base/json.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::json;
  const auto value = parse(input);
  if (!value) {
    return;
  }
  const std::string line = write(*value);
  require(line.find('\n') == std::string::npos);
  // Escapes may make a text longer than the bound of what is read.
  const auto again = parse(line, {.bytes_max = line.size()});
  require(again && write(*again) == line);
}
