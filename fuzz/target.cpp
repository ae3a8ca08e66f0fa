#include "target.hpp"

#include <cstddef>
#include <cstdint>

// libFuzzer calls it by name; no header of anybody declares it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tend::fuzz::try_input(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
