// Whatever a client calls JSON: an error, or a value that is written and read again as the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/json.hpp"

namespace {

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tend::json;
  const auto value = parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!value) {
    return 0;
  }
  const std::string line = write(*value);
  require(line.find('\n') == std::string::npos);
  // Escapes may make a text longer than the bound of what is read.
  const auto again = parse(line, {.bytes_max = line.size()});
  require(again && write(*again) == line);
  return 0;
}
