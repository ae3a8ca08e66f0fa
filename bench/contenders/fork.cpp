// fork + execve + waitpid.

#include <unistd.h>

#include "bench/support/contender.hpp"
#include "bench/support/raw_process.hpp"

namespace {

pid_t start(char* const* argv, int in, int out) {
  const pid_t child = fork();
  if (child == 0) {
    tend::bench::execute(argv, in, out);
  }
  return child;
}

}  // namespace

int main() { return tend::bench::serve(tend::bench::ways_of(start)); }
