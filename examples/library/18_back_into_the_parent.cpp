// Row 18: a child of fork that returns, or throws, runs on in its parent's code: it closes the
// parent's books a second time. Shown in a child of ours; a guarded fork ends its copy instead.
//
// output:
// bare fork, the child returns: books closed 2 times
// bare fork, the child throws:  books closed 2 times
// guarded fork, the copy returns: books closed 1 time
// guarded fork, the copy throws:  books closed 1 time

#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

void do_part_of_the_work(bool is_guarded, bool throws) {
  const auto part = [throws] {
    if (throws) {
      throw std::runtime_error("the part fails");
    }
  };
  if (is_guarded) {
    static_cast<void>(tend::run_in_copy(part));  // Whether it threw is in the result.
  } else if (::fork() == 0) {
    part();  // What was forgotten here is to end.
  } else {
    ::wait(nullptr);
  }
}

int do_the_work(const std::string& mode) {
  try {
    do_part_of_the_work(mode.starts_with("guarded"), mode.ends_with("throws"));
  } catch (const std::exception&) {
    std::fputs("a part failed\n", stderr);  // Meant for errors of this process, not of a child.
  }
  std::puts("closed");
  return 0;
}

void show(const char* text, const char* mode) {
  const auto output = or_exit(
      tend::Command("/proc/self/exe", {mode}).deadline(tend::within(20s)).checked().capture());
  const auto times = std::ranges::count(output.out, '\n');
  std::printf("%s books closed %td time%s\n", text, times, times == 1 ? "" : "s");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    return do_the_work(argv[1]);
  }
  show("bare fork, the child returns:", "bare returns");
  show("bare fork, the child throws: ", "bare throws");
  show("guarded fork, the copy returns:", "guarded returns");
  show("guarded fork, the copy throws: ", "guarded throws");
}
