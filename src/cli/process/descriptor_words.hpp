#pragma once
// What a descriptor is and where it leads, in the words of a table. Pure.

#include <tend/inspect/descriptor.hpp>
#include <tend/inspect/holders.hpp>

#include <span>
#include <string>

namespace tend::cli {

/// `rw`, `r`, and what else there is: `append`, `nonblocking`, `cloexec`.
[[nodiscard]] std::string rights_words(const inspect::Descriptor& descriptor);

/// The path, or what the kernel says of a thing without one: `tcp listening on 127.0.0.1:80`,
/// `counter at 3`, `waits for SIGTERM`.
[[nodiscard]] std::string target_words(const inspect::Descriptor& descriptor);

/// `1234 (cat) fd 0, ...`: at most three, and how many more.
[[nodiscard]] std::string holder_words(std::span<const inspect::Holder> holders);

}  // namespace tend::cli
