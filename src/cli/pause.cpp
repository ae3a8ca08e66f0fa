// `tend pause`: stops processes without ending them.

#include "cli/commands.hpp"
#include "cli/process/halt.hpp"

namespace tend::cli {

Outcome<int> run_pause(const Invocation& invocation) { return halt(invocation, Halt::pause); }

}  // namespace tend::cli
