#pragma once
// The names of a service's log files, and reading them back. Pure.
//
//   web.log               the current file
//   web.log.000041        a finished one; a higher number is newer, and a number never changes
//   web.log.000042.idx    time index of number 42: of the current file before it is finished
//   web.log.new           the next file, while a rotation is under way
//
// The current file has a number (its generation) from the start, so an index is never renamed and
// a reader that knows a number always finds the same bytes under it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::service {

[[nodiscard]] std::string current_log_name(std::string_view service);
[[nodiscard]] std::string next_log_name(std::string_view service);
[[nodiscard]] std::string finished_log_name(std::string_view service, std::uint64_t generation);
[[nodiscard]] std::string index_name(std::string_view service, std::uint64_t generation);

enum class LogNameKind : std::uint8_t { current, next, finished, index };

struct LogName {
  std::string_view service{};  ///< Points into the name that was read.
  LogNameKind kind = LogNameKind::current;
  std::uint64_t generation = 0;  ///< finished, index.
};

/// Nothing: not a name of ours.
[[nodiscard]] std::optional<LogName> parse_log_name(std::string_view name);

}  // namespace tend::service
