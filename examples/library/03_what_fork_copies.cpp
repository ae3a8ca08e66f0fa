// Row 3: what fork means. All memory is copied, also the text that stdio has not written yet, so
// what is done once can happen twice. A bare fork shows it, in a child of ours, where it can do no
// harm; a guarded fork beside it does everything once.
//
// output:
// bare fork: the text was printed 2 times
// guarded fork: the text was printed 1 time
// the copy counted to 1, we are still at 0

#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

/// Into a pipe, stdio keeps this text until the process ends.
void print_once() { std::fputs("once\n", stdout); }

int with_bare_fork() {
  print_once();
  if (::fork() == 0) {
    std::exit(0);  // Writes the copy of the text.
  }
  ::wait(nullptr);
  return 0;
}

int with_guarded_fork() {
  print_once();
  static_cast<void>(tend::run_in_copy([] { std::exit(0); }));  // The error is that it exited.
  return 0;
}

long times_printed(const char* mode) {
  const auto output = or_exit(
      tend::Command("/proc/self/exe", {mode}).deadline(tend::within(20s)).checked().capture());
  return std::ranges::count(output.out, '\n');
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    return std::string_view(argv[1]) == "bare" ? with_bare_fork() : with_guarded_fork();
  }
  std::printf("bare fork: the text was printed %ld times\n", times_printed("bare"));
  std::printf("guarded fork: the text was printed %ld time\n", times_printed("guarded"));
  int count = 0;
  const int of_the_copy = or_exit(tend::run_in_copy([&count] { return ++count; }));
  std::printf("the copy counted to %d, we are still at %d\n", of_the_copy, count);
}
