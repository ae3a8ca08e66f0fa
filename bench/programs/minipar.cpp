// The floor of running many: starts PROGRAM once for each line of its input, with the line as its
// argument, SLOTS at a time, and waits for all of them. Looks at no output, keeps no log, no order.
//
//   minipar SLOTS PROGRAM <ITEMS

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

pid_t start(char* program, char* item) {
  char* const argv[] = {program, item, nullptr};
  const pid_t child = vfork();
  if (child == 0) {
    execv(program, argv);
    _exit(127);
  }
  return child;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: minipar SLOTS PROGRAM <ITEMS\n");
    return EXIT_FAILURE;
  }
  int free_slots = std::atoi(argv[1]);
  char line[4096];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    if (free_slots == 0 && waitpid(-1, nullptr, 0) > 0) {
      ++free_slots;
    }
    if (start(argv[2], line) > 0) {
      --free_slots;
    }
  }
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  return EXIT_SUCCESS;
}
