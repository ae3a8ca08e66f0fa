#pragma once
// Reads the parts of a process that are many: its threads, its descriptors, its memory map.

#include <tend/inspect/process.hpp>

#include "os/proc_folder.hpp"
#include "os/proc_text.hpp"

namespace tend::inspect {

enum class WithStackPointers : bool { no, yes };

[[nodiscard]] Field<Threads> read_threads(const os::ProcFolder& folder, const Process& process,
                                          WithStackPointers with, os::ReadBuffer& buffer);

[[nodiscard]] Field<Descriptors> read_descriptors(const os::ProcFolder& folder,
                                                  const Process& process, os::ReadBuffer& buffer);

enum class WithSizes : bool { no, yes };

/// The threads tell which regions are their stacks; they may be absent.
[[nodiscard]] Field<MemoryMap> read_memory_map(const os::ProcFolder& folder, const Process& process,
                                               const Field<Threads>& threads, WithSizes with,
                                               os::ReadBuffer& buffer);

[[nodiscard]] Field<std::vector<Namespace>> read_namespaces(const os::ProcFolder& folder,
                                                            const Process& process);

/// The time that the kernel counts in ticks, and the other fields that threads and processes share.
[[nodiscard]] Scheduling scheduling_of(const os::ProcStat& stat);

}  // namespace tend::inspect
