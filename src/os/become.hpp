#pragma once
// Replacing this process by another program (execve(2)): same pid, same descriptors that are not
// close-on-exec, same environment.

#include <tend/error.hpp>

#include <span>
#include <string>

namespace tend::os {

/// `program` is a path; `arguments` begin with the name it is to have. Returns only when it failed.
[[nodiscard]] Error become(const std::string& program, std::span<const std::string> arguments);

}  // namespace tend::os
