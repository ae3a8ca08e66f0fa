// `tend resume`: lets paused processes go on.

#include "cli/commands.hpp"
#include "cli/process/halt.hpp"

namespace tend::cli {

Outcome<int> run_resume(const Invocation& invocation) { return halt(invocation, Halt::resume); }

}  // namespace tend::cli
