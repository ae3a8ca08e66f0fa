#pragma once
// The end of a run as it lies in the state file, to and from values.

#include <tend/exit_status.hpp>

#include <cstdint>

#include "service/director/service_state.hpp"
#include "service/state_file.hpp"

namespace tend::service {

[[nodiscard]] Outcome outcome_of(const ExitReport& report);
[[nodiscard]] Outcome outcome_of(const ExitStatus& status);

/// Reports an end in place of a keeper that is dead; nobody else writes reports then.
void write_report(StateFile& state, std::uint32_t index, std::uint32_t run,
                  const ExitStatus& status);

}  // namespace tend::service
