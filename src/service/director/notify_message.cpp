#include "service/director/notify_message.hpp"

#include <algorithm>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tend::service {

namespace {

using std::chrono::microseconds;

// A datagram of 64 KiB of newlines is no reason to look at 65,536 lines.
constexpr std::size_t lines_max = 256;
constexpr int error_number_max = 4095;
constexpr microseconds duration_max = std::chrono::years(100);

std::optional<microseconds> parse_microseconds(std::string_view text) {
  const auto number = parse_integer<std::uint64_t>(text);
  if (!number) {
    return std::nullopt;
  }
  const auto most = static_cast<std::uint64_t>(duration_max.count());
  return microseconds(static_cast<std::int64_t>(std::min(*number, most)));
}

template <typename T>
std::optional<T> parse_between(std::string_view text, T lowest, T highest) {
  const auto number = parse_integer<T>(text);
  return number && *number >= lowest && *number <= highest ? number : std::nullopt;
}

std::string status_text(std::string_view bytes) {
  // Cut first: what is not UTF-8 may grow threefold.
  std::string valid = text::with_valid_utf8(bytes.substr(0, notify_status_bytes_max));
  std::size_t end = 0;
  while (end < valid.size()) {
    const std::size_t character = text::front_character(std::string_view(valid).substr(end)).bytes;
    if (character == 0 || end + character > notify_status_bytes_max) {
      break;
    }
    end += character;
  }
  valid.resize(end);
  return valid;
}

NotifyMessage::Watchdog parse_watchdog(std::string_view text) {
  if (text == "1") {
    return NotifyMessage::Watchdog::alive;
  }
  return text == "trigger" ? NotifyMessage::Watchdog::trigger : NotifyMessage::Watchdog::none;
}

/// The first value that is one stays.
template <typename T>
void set_first(std::optional<T>& field, std::optional<T> value) {
  if (!field) {
    field = std::move(value);
  }
}

void take(NotifyMessage& message, std::string_view key, std::string_view value) {
  if (key == "READY") {
    message.ready |= value == "1";
  } else if (key == "RELOADING") {
    message.reloading |= value == "1";
  } else if (key == "STOPPING") {
    message.stopping |= value == "1";
  } else if (key == "BARRIER") {
    message.barrier |= value == "1";
  } else if (key == "STATUS") {
    set_first(message.status, std::optional(status_text(value)));
  } else if (key == "ERRNO") {
    set_first(message.error_number, parse_between(value, 0, error_number_max));
  } else if (key == "MAINPID") {
    set_first(message.main_pid, parse_between(value, 1, INT32_MAX));
  } else if (key == "EXTEND_TIMEOUT_USEC") {
    set_first(message.extend_timeout, parse_microseconds(value));
  } else if (key == "MONOTONIC_USEC") {
    set_first(message.monotonic, parse_microseconds(value));
  } else if (key == "WATCHDOG_USEC") {
    set_first(message.watchdog_period, parse_microseconds(value));
  } else if (key == "WATCHDOG" && message.watchdog == NotifyMessage::Watchdog::none) {
    message.watchdog = parse_watchdog(value);
  }
}

}  // namespace

NotifyMessage parse_notify(std::string_view datagram) {
  NotifyMessage message;
  if (datagram.size() > notify_bytes_max) {
    return message;
  }
  if (datagram.ends_with('\0')) {
    datagram.remove_suffix(1);  // Some send the terminator of their C string along.
  }
  if (datagram.contains('\0')) {
    return message;
  }
  for (std::size_t line = 0; line < lines_max && !datagram.empty(); ++line) {
    const std::size_t newline = std::min(datagram.find('\n'), datagram.size());
    const std::string_view text = datagram.substr(0, newline);
    datagram.remove_prefix(std::min(newline + 1, datagram.size()));
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      take(message, text.substr(0, equals), text.substr(equals + 1));
    }
  }
  if (message.barrier) {
    return NotifyMessage{.barrier = true};  // It stands alone; sd_notify(3) says so.
  }
  return message;
}

}  // namespace tend::service
