#pragma once
// Why a file of /proc could not be read, as the Absence that a user is told.

#include <tend/inspect/process.hpp>

namespace tend::inspect {

/// Whether it has ended or is ending: its memory goes before it becomes a zombie.
[[nodiscard]] bool has_ended(const Process& process);

/// From errno and what is known of the process. A zombie's files are refused in many ways, and mean
/// one: what they told is gone.
[[nodiscard]] Absence absence_of(int code, const Process& process);

/// Of a file that could be read, but holds nothing, as only that of a process without memory does.
[[nodiscard]] Absence absence_of_empty(const Process& process);

}  // namespace tend::inspect
