#pragma once
// Errors of starts, told with the limits that they are about.

#include <tend/error.hpp>

namespace tend::process {

/// The same error; where the kernel refused because something is used up, the detail says what.
[[nodiscard]] Error with_limits(Error error);

}  // namespace tend::process
