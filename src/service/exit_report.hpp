#pragma once
// The end of a run as it lies in the state file, to and from values.

#include <tend/exit_status.hpp>

#include <cstdint>

#include "service/director/service_state.hpp"
#include "service/state_file.hpp"

namespace tend::service {

[[nodiscard]] Outcome outcome_of(const ExitReport& report);
[[nodiscard]] Outcome outcome_of(const ExitStatus& status);

/// Whether the end of this run is still to be reported: it is the present one of its service. There
/// is room for one report, so that of an earlier run would hide the end of a later one.
[[nodiscard]] bool awaits_report(const StateFile& state, std::uint32_t index, std::uint32_t run);

/// Reports an end in place of a keeper that is dead; nobody else writes reports then.
void write_report(StateFile& state, std::uint32_t index, std::uint32_t run,
                  const ExitStatus& status);

}  // namespace tend::service
