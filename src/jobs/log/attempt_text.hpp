#pragma once
// Attempts as lines of a log, and back. Pure.

#include <tend/error.hpp>

#include <string>
#include <string_view>

#include "jobs/log/attempt_record.hpp"

namespace tend::jobs {

/// One JSON object on one line, without a newline. Times are rounded down to 1 us. Where a key
/// holds bytes that are not UTF-8, they become U+FFFD, and `KEY_base64` beside it has them as they
/// are.
[[nodiscard]] std::string attempt_json(const AttemptRecord& record);

/// What attempt_json() wrote; keys that it does not know are left out. Errors: a line that is torn
/// or something else.
[[nodiscard]] Result<AttemptRecord> parse_attempt(std::string_view line);

/// The headline of the log of GNU parallel (--joblog), and a line of it; without a newline.
[[nodiscard]] std::string_view joblog_headline();
[[nodiscard]] std::string joblog_line(const AttemptRecord& record);

}  // namespace tend::jobs
