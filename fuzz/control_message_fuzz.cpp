// Whatever a client or a director sends: an error, or a message that is written and read again as
// the same.

#include <string_view>
#include <variant>

#include "service/control/control_message.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::service;
  if (const auto request = parse_request(input)) {
    const auto again = parse_request(to_line(*request));
    require(again && *again == *request);
  }
  if (const auto reply = parse_reply(input)) {
    const auto again = parse_reply(to_line(*reply));
    // Escapes may make a line longer than what is read.
    require(!again || *again == *reply);
    if (const auto* status = std::get_if<ServiceStatus>(&*reply)) {
      require(!status_json(*status).empty());
    }
  }
}
