// Whatever bytes lie in a state file: an error, or a project that encodes to the same project
// again.

#include <string_view>

#include "service/spec_codec.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::service;
  const auto project = decode(std::as_bytes(std::span(input)));
  if (!project) {
    require(project.error().step == "read specs" && !project.error().detail.empty());
    return;
  }
  const auto again = decode(encode(*project));
  require(again && *again == *project);
}
