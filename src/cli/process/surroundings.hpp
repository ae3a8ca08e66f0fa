#pragma once
// What is around a process that is reported on: its family, its user by name, its service.

#include <tend/inspect/process.hpp>

#include "cli/options.hpp"
#include "cli/process/report.hpp"

namespace tend::cli {

/// Errors: as Snapshot::take().
Outcome<Surroundings> surroundings_of(const inspect::Process& process,
                                      const Invocation& invocation);

}  // namespace tend::cli
