// Whatever a service sends to its notify socket: the value that comes out keeps its bounds.

#include <string_view>

#include "base/text.hpp"
#include "service/director/notify_message.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::service;
  const NotifyMessage message = parse_notify(input);
  if (message.status) {
    require(message.status->size() <= notify_status_bytes_max);
    require(!tend::text::invalid_utf8(*message.status));
    require(!message.status->contains('\n') && !message.status->contains('\0'));
  }
  require(!message.main_pid || *message.main_pid > 0);
  require(!message.error_number || (*message.error_number >= 0 && *message.error_number <= 4095));
  for (const auto& time : {message.extend_timeout, message.monotonic, message.watchdog_period}) {
    require(!time || (time->count() >= 0 && std::chrono::nanoseconds(*time).count() >= 0));
  }
  require(!message.barrier || message == NotifyMessage{.barrier = true});
}
