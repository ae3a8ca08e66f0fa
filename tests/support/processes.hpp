#pragma once
// What /proc says about the processes below one, for the checks of the test support. Not the code
// under test: it shares nothing with tend's own reading of /proc.

#include <sys/types.h>

#include <string>
#include <vector>

namespace tend::test {

/// The children of a process, zombies included; empty when it is gone.
std::vector<pid_t> children_of(pid_t parent);

/// The children, their children, and so on.
std::vector<pid_t> descendants_of(pid_t ancestor);

/// One line about a process: pid, state, name, and the kernel function in which it sleeps.
std::string describe_process(pid_t pid);

}  // namespace tend::test
