// build: static
// Leaves COUNT double-forked orphans behind that all end at the same moment: orphan_storm COUNT
//
// Prints `orphaned COUNT` when every one of them has lost its parent, then lets them end, and waits
// for SIGTERM.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

/// The middle generation ends at once, so the grandchild goes to the next reaper.
bool orphan_one(const std::array<int, 2>& gate) {
  const pid_t child = fork();
  if (child < 0) {
    return false;
  }
  if (child == 0) {
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      char byte = 0;
      close(gate[1]);
      _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);  // End of file: the storm begins.
    }
    _exit(grandchild < 0 ? 1 : 0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 0;
  std::array<int, 2> gate{};
  if (count <= 0 || pipe(gate.data()) != 0) {
    return 2;
  }
  sigset_t goodbye;
  sigemptyset(&goodbye);
  sigaddset(&goodbye, SIGTERM);
  sigprocmask(SIG_BLOCK, &goodbye, nullptr);

  for (int made = 0; made < count; ++made) {
    if (!orphan_one(gate)) {
      return 1;
    }
  }
  std::printf("orphaned %d\n", count);
  std::fflush(stdout);
  close(gate[1]);
  int received = 0;
  return sigwait(&goodbye, &received);
}
