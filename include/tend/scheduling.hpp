#pragma once
// How the kernel chooses when a process runs, by name (sched(7)).

#include <cstdint>

namespace tend {

/// SCHED_* by name; the values are those of Linux.
enum class Scheduling : std::int32_t {
  other = 0,        ///< The usual one, with nice values.
  fifo = 1,         ///< Real time: runs until it waits. Priority 1 to 99, needs CAP_SYS_NICE.
  round_robin = 2,  ///< Real time, in turns. Priority 1 to 99, needs CAP_SYS_NICE.
  batch = 3,        ///< As `other`, for work that nobody waits for.
  idle = 5,         ///< When nobody else wants to run.
};

}  // namespace tend
