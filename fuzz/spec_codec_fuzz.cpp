// Whatever bytes lie in a state file: an error, or a project that encodes to the same project
// again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "service/spec_codec.hpp"

namespace {

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tend::service;
  const auto project = decode(std::as_bytes(std::span(data, size)));
  if (!project) {
    require(project.error().step == "read specs" && !project.error().detail.empty());
    return 0;
  }
  const auto again = decode(encode(*project));
  require(again && *again == *project);
  return 0;
}
