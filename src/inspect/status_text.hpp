#pragma once
// The text of /proc/PID/status as a value (proc(5)). Pure. Keys that are not known are passed over,
// keys that an old kernel does not write leave their defaults.

#include <tend/inspect/process.hpp>

#include <string_view>

namespace tend::inspect {

[[nodiscard]] Status parse_status(std::string_view text);

}  // namespace tend::inspect
