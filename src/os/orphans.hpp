#pragma once
// Being the one whom orphans of our descendants are given to (prctl(2), PR_SET_CHILD_SUBREAPER,
// Linux 3.4), instead of init: so a process below us stays below us, however it detaches itself.

#include <tend/error.hpp>

#include <cstddef>

namespace tend::os {

/// From now on, for as long as this process lives; programs we start do not inherit it.
Result<> adopt_orphans();

/// Reaps every orphan that has ended, and nobody else: children that spawn() made are not seen by
/// this wait, because their end sends no SIGCHLD (waitid(2), __WCLONE). How many there were. The
/// end of an orphan sends SIGCHLD.
std::size_t reap_orphans() noexcept;

}  // namespace tend::os
