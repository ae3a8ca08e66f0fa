#pragma once
// Orphans below us become our children instead of init's (PR_SET_CHILD_SUBREAPER, Linux 3.4), so
// that who stops a tree finds them.

#include <tend/error.hpp>

namespace tend::os {

/// For this process, until it ends or executes another program. Children do not inherit it.
Result<> become_subreaper();

}  // namespace tend::os
