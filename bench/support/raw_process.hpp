#pragma once
// What the contenders without a library have in common: pipes, reading to the end, waiting.

#include <sys/types.h>

#include <functional>
#include <string>

namespace tend::bench {

/// Starts argv with these as stdin and stdout (-1: inherited); the pid.
using Start = std::function<pid_t(char* const* argv, int in, int out)>;

/// Waits; ends the program unless it exited with 0.
void wait_for(pid_t child);

void spawn_and_wait(const Start& start, const std::string& program);

/// Collects all output through a pipe of 1 MiB in reads of that size: the floor for capture().
std::size_t collect_output(const Start& start, const std::string& program,
                           const std::string& argument = {});

/// Feeds and collects at once, by poll.
std::size_t send_through_cat(const Start& start, const std::string& input);

}  // namespace tend::bench
