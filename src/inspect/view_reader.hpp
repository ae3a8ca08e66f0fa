#pragma once
// What an open /proc shows us.

#include <tend/inspect/snapshot.hpp>

#include "os/proc_folder.hpp"

namespace tend::inspect {

[[nodiscard]] View read_view(const os::ProcFolder& proc);

}  // namespace tend::inspect
