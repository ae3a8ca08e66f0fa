// Row 13: an operation with a time limit. Who is late is asked to end, then killed, with everything
// below it, also with what has left its process group; what came until then is not lost.
//
// output:
// late: yes, ended by its own choice: no
// it said: started grandchild <pid:grandchild>
// grandchild <pid:grandchild> still runs: no
// status() calls it an error: <any>Connection timed out<any>
// a function in a copy: guarded fork: <any>

#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>
#include <tend/process_handle.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

bool runs(std::int32_t pid) {
  const auto process = tend::ProcessHandle::open(pid);
  return process && process->is_running().value_or(false);
}

}  // namespace

int main() {
  const auto late = tend::Command::shell(
                        "trap '' TERM; setsid sleep 1000 & echo started grandchild $!; wait; wait")
                        .deadline(tend::within(500ms).then(SIGTERM, 100ms, SIGKILL));
  const auto output = or_exit(late.capture());
  std::printf("late: %s, ended by its own choice: %s\n", output.timed_out ? "yes" : "no",
              output.status.code() ? "yes" : "no");
  std::printf("it said: %s", output.out.c_str());
  const std::int32_t grandchild = std::atoi(output.out.substr(output.out.rfind(' ')).c_str());
  std::printf("grandchild %d still runs: %s\n", grandchild, runs(grandchild) ? "yes" : "no");

  const auto status = tend::Command("sleep", {"1000"}).deadline(tend::within(10ms)).status();
  std::printf("status() calls it an error: %s\n", status ? "no" : status.error().message().c_str());

  const auto result = tend::run_in_copy([] { return ::pause(); }, {.deadline = tend::within(10ms)});
  std::printf("a function in a copy: %s\n", result ? "ended" : result.error().message().c_str());
}
