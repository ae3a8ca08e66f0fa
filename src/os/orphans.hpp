#pragma once
// Being the one whom orphans of our descendants are given to (prctl(2), PR_SET_CHILD_SUBREAPER,
// Linux 3.4), instead of init: so a process below us stays below us, however it detaches itself.

#include <tend/error.hpp>

namespace tend::os {

/// From now on, for as long as this process lives; programs we start do not inherit it. Orphans are
/// children like any other then: whoever does not reap them keeps their zombies.
Result<> adopt_orphans();

}  // namespace tend::os
