#pragma once
// What the contenders without a library have in common: pipes, reading to the end, waiting.

#include <sys/types.h>

#include <functional>
#include <string>

#include "bench/support/contender.hpp"

namespace tend::bench {

/// Starts argv with these as stdin and stdout (-1: inherited); the pid.
using Start = std::function<pid_t(char* const* argv, int in, int out)>;

/// In a child: these as stdin and stdout (-1: inherited), and then argv[0].
[[noreturn]] void execute(char* const* argv, int in, int out);

/// What can be done with nothing but a start: spawn and output.
Ways ways_of(const Start& start);

/// Waits; ends the program unless it exited with 0.
void wait_for(pid_t child);

void spawn_and_wait(const Start& start, const std::string& program);

/// Collects all output through a pipe of 1 MiB in reads of that size: the floor for capture().
std::size_t collect_output(const Start& start, const std::string& program,
                           const std::string& argument = {});

/// Feeds and collects at once, by poll.
std::size_t send_through_cat(const Start& start, const std::string& input);

}  // namespace tend::bench
