// Row 18: forks by accident within forks multiply. Three rounds of a loop that means to start three
// children start seven; a fork in a guarded copy is refused unless it was agreed on.
//
// output:
// bare fork, 3 rounds: 7 children
// guarded fork, 3 rounds: 3 children
// guarded fork within a copy: guarded fork: <any>

#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "or_exit.hpp"

namespace {

constexpr int rounds = 3;

void say_hello() { static_cast<void>(!::write(STDOUT_FILENO, "child\n", 6)); }

/// Each child goes on with the rounds that are left, as if it were the parent.
int fork_in_rounds() {
  for (int round = 0; round < rounds; ++round) {
    if (::fork() == 0) {
      say_hello();
    }
  }
  while (::wait(nullptr) > 0) {
  }
  return 0;
}

int guarded_fork_in_rounds() {
  std::vector<tend::Copy<void>> copies;
  for (int round = 0; round < rounds; ++round) {
    copies.push_back(or_exit(tend::guarded_fork(say_hello)));
  }
  std::ranges::for_each(copies, [](auto& copy) { or_exit(copy.result()); });
  return 0;
}

long children_of(const char* mode) {
  const auto limit = tend::within(std::chrono::seconds(20));
  const auto output =
      or_exit(tend::Command("/proc/self/exe", {mode}).deadline(limit).checked().capture());
  return std::ranges::count(output.out, '\n');
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    return std::string(argv[1]) == "bare" ? fork_in_rounds() : guarded_fork_in_rounds();
  }
  std::printf("bare fork, 3 rounds: %ld children\n", children_of("bare"));
  std::printf("guarded fork, 3 rounds: %ld children\n", children_of("guarded"));
  const auto nested = tend::run_in_copy([] { return tend::run_in_copy([] { return 1; }); });
  std::printf("guarded fork within a copy: %s\n",
              nested ? "started" : nested.error().message().c_str());
}
