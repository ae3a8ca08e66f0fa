#pragma once
// A process as JSON: everything that is known of it, under names that are a promise. Bytes and
// milliseconds say so in their names; what is not known is null, and `absent` says why. Pure.

#include <tend/inspect/process.hpp>

#include "base/json.hpp"

namespace tend::cli {

[[nodiscard]] json::Value json_of(const inspect::Process& process);

// Parts of it, for the commands that show just them.
[[nodiscard]] json::Value json_of(const inspect::Descriptor& of);
[[nodiscard]] json::Value json_of(const inspect::Region& of);
[[nodiscard]] json::Value json_of(const inspect::Limit& limit);

/// The names in a list.
[[nodiscard]] json::Value json_of(SignalSet signals);

}  // namespace tend::cli
