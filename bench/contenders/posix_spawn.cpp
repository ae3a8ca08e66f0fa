// posix_spawn of libc + waitpid.

#include <spawn.h>
#include <unistd.h>

#include "bench/support/contender.hpp"
#include "bench/support/raw_process.hpp"

namespace {

pid_t start(char* const* argv, int in, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) {
    posix_spawn_file_actions_adddup2(&actions, in, 0);
  }
  if (out >= 0) {
    posix_spawn_file_actions_adddup2(&actions, out, 1);
  }
  pid_t child = -1;
  if (posix_spawn(&child, argv[0], &actions, nullptr, argv, environ) != 0) {
    tend::bench::give_up("posix_spawn");
  }
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

}  // namespace

int main() { return tend::bench::serve(tend::bench::ways_of(start)); }
