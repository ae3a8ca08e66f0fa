#pragma once
// Finds out for each process of a snapshot which of the others is its parent, reading again what
// may have changed while the snapshot was taken.

#include <tend/inspect/process.hpp>

#include <chrono>
#include <vector>

#include "inspect/process_reader.hpp"
#include "os/proc_folder.hpp"

namespace tend::inspect {

/// Sets the parents' start times. The processes are sorted by pid; `began` is when the first of
/// them was read.
void settle_parents(const os::ProcFolder& proc, ProcessReader& reader,
                    std::vector<Process>& processes, std::chrono::nanoseconds began);

}  // namespace tend::inspect
