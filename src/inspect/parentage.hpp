#pragma once
// Whether a record is that of another's parent, and not of a process that got its pid meanwhile:
// the two were not read at the same time. Pure.
//
// A process is younger than its parent, and whoever it is handed to when the parent dies is an
// ancestor, so older too. So with both started before the reading began, the record is right: a
// later owner of the pid would be younger than the child.

#include <tend/inspect/process.hpp>

#include <cstdint>

namespace tend::inspect {

enum class Parentage : std::uint8_t {
  certain,
  impossible,      ///< The record is younger than the child.
  if_still_there,  ///< Right, if the parent still has its pid after the child was read.
  if_repeated,     ///< Right, if the child still has this parent while the parent is there.
};

/// `began` is the time of the snapshot, in ticks.
[[nodiscard]] Parentage parentage_of(const Process& child, const Process& parent,
                                     std::uint64_t began_ticks);

}  // namespace tend::inspect
