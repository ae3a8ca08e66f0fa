// Whatever a client or a director sends: an error, or a message that is written and read again as
// the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "service/control/control_message.hpp"

namespace {

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tend::service;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto request = parse_request(line)) {
    const auto again = parse_request(to_line(*request));
    require(again && *again == *request);
  }
  if (const auto reply = parse_reply(line)) {
    const auto again = parse_reply(to_line(*reply));
    // Escapes may make a line longer than what is read.
    require(!again || *again == *reply);
    if (const auto* status = std::get_if<ServiceStatus>(&*reply)) {
      require(!status_json(*status).empty());
    }
  }
  return 0;
}
