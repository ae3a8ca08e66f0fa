#pragma once
// What a service says through its notify socket (sd_notify(3)): one datagram of KEY=VALUE lines as
// a value. Pure: text to value; whoever sent it is not trusted.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::service {

inline constexpr std::size_t notify_bytes_max = std::size_t{64} * 1024;

/// STATUS= is cut to this many bytes, at the end of a character.
inline constexpr std::size_t notify_status_bytes_max = 1024;

/// Keys that are unknown, or whose value is not what it should be, are as if they had not been
/// sent. Where a key comes twice, the first one counts. FDSTORE and its kin are unknown: tend keeps
/// no descriptors for services yet.
struct NotifyMessage {
  enum class Watchdog : std::uint8_t { none, alive, trigger };

  bool ready = false;                      ///< READY=1
  bool reloading = false;                  ///< RELOADING=1
  bool stopping = false;                   ///< STOPPING=1
  bool barrier = false;                    ///< BARRIER=1; then all else is ignored.
  std::optional<std::string> status{};     ///< STATUS=, as UTF-8; empty clears it.
  std::optional<int> error_number{};       ///< ERRNO=, 0 to 4095.
  std::optional<std::int32_t> main_pid{};  ///< MAINPID=, above 0; not yet believed.
  std::optional<std::chrono::microseconds> extend_timeout{};   ///< EXTEND_TIMEOUT_USEC=
  std::optional<std::chrono::microseconds> monotonic{};        ///< MONOTONIC_USEC=
  Watchdog watchdog = Watchdog::none;                          ///< WATCHDOG=1 or trigger
  std::optional<std::chrono::microseconds> watchdog_period{};  ///< WATCHDOG_USEC=

  bool operator==(const NotifyMessage&) const = default;
};

/// Times are cut to 100 years, so that adding them to a clock in nanoseconds cannot overflow.
/// A datagram with a NUL byte anywhere but at its end, or that is too long, says nothing.
[[nodiscard]] NotifyMessage parse_notify(std::string_view datagram);

}  // namespace tend::service
