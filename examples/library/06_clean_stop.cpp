// Row 6: a clean stop on Ctrl-C. The signal sets a flag; the program looks at it where it suits,
// and finishes what it does. No code of ours ever runs inside a signal handler.
//
// output:
// working
// stopped by SIGINT, and saved
// its end: exited with 0
// Ctrl-C again while it saves: killed by SIGINT

#include <tend/command.hpp>
#include <tend/stop_flag.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

int work(bool is_slow_to_save) {
  const auto stop = or_exit(tend::StopFlag::make());
  std::puts("working");
  std::fflush(stdout);
  while (!stop.is_set()) {
    or_exit(stop.wait(1s));  // Here the program would do its work.
  }
  std::printf("stopped by %s, and saved\n", tend::signal_name(stop.signal().value_or(0)).c_str());
  std::fflush(stdout);
  while (is_slow_to_save) {
    ::pause();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    return work(std::string_view(argv[1]) == "slow");
  }
  for (const char* mode : {"fast", "slow"}) {
    auto child = or_exit(tend::Command("/proc/self/exe", {mode}).out(tend::Stdio::pipe()).spawn());
    auto lines = child.lines();
    const bool is_slow = std::string_view(mode) == "slow";
    while (const auto line = or_exit(lines.next(20s))) {
      if (!is_slow) {
        std::puts(line->text.c_str());
      }
      if (is_slow || line->text == "working") {
        or_exit(child.signal(SIGINT));  // As Ctrl-C does.
      }
    }
    const auto status = or_exit(child.wait());
    std::printf("%s: %s\n", is_slow ? "Ctrl-C again while it saves" : "its end",
                status.description().c_str());
  }
}
