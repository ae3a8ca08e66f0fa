#pragma once
// The lock of a project: the keeper holds it as long as it lives, and whoever starts, takes over or
// cleans up a project holds it meanwhile.

#include <tend/error.hpp>

#include <string>

#include "os/files.hpp"
#include "service/places.hpp"

namespace tend::service {

/// The lock, with `name` in it, or who holds it. A holder without a name only asks, and is waited
/// for.
[[nodiscard]] Result<os::FileLock> take_project_lock(const Places& places, const std::string& name);

/// Whether a project lives. Asking takes the lock for an instant, without leaving a name in it.
[[nodiscard]] bool is_project_locked(const Places& places);

}  // namespace tend::service
