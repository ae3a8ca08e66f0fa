// fork + execve + waitpid.

#include <unistd.h>

#include "bench/support/contender.hpp"
#include "bench/support/raw_process.hpp"

namespace {

pid_t start(char* const* argv, int in, int out) {
  const pid_t child = fork();
  if (child == 0) {
    if (in >= 0) {
      dup2(in, 0);
    }
    if (out >= 0) {
      dup2(out, 1);
    }
    execve(argv[0], argv, environ);
    _exit(127);
  }
  return child;
}

}  // namespace

int main() {
  using namespace tend::bench;
  return serve(
      {.spawn = [](const std::string& program) { spawn_and_wait(start, program); },
       .output = [](const std::string& program) { return collect_output(start, program); }});
}
