#pragma once
// Whether a running project is the one that a file describes. Pure. The environment a project was
// started from lies in its specs; that of the caller is another one, and no change of the file.

#include "service/service_spec.hpp"

namespace tend::cli {

/// `present` is the file as it is now, with the caller's environment; `alone` is the same file read
/// with an empty environment, so that only what the file sets itself is in it.
[[nodiscard]] bool is_same_project(const service::ProjectSpec& running,
                                   const service::ProjectSpec& present,
                                   const service::ProjectSpec& alone);

}  // namespace tend::cli
