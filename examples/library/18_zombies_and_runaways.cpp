// Row 18: who starts a child with fork and forgets it leaves a zombie when it ends, and a runaway
// when it does not. A child of the library is reaped or killed, also when nobody thinks of it.
//
// output:
// a forgotten child of fork: zombie
// a forgotten Child: gone
// a dropped copy that would run for ever: gone

#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>
#include <tend/inspect/snapshot.hpp>
#include <tend/process_handle.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

/// What it is after its end, when so much time for reaping it has passed.
std::string fate_of(std::int32_t pid, std::chrono::milliseconds patience) {
  if (const auto process = tend::ProcessHandle::open(pid)) {
    or_exit(process->wait());
  }
  for (;; patience -= 10ms) {
    const auto process = tend::inspect::read_process(pid, tend::inspect::Fields::none);
    if (!process) {
      return "gone";
    }
    if (patience <= 0ms) {
      return std::string(name_of(process->state));
    }
    ::usleep(10'000);
  }
}

std::int32_t forget_a_child() { return or_exit(tend::Command("true").spawn()).pid(); }

std::int32_t drop_a_copy() { return or_exit(tend::guarded_fork(::pause)).child().pid(); }

}  // namespace

int main() {
  const pid_t forked = ::fork();
  if (forked == 0) {
    ::_exit(0);
  }
  std::printf("a forgotten child of fork: %s\n", fate_of(forked, 100ms).c_str());
  ::waitpid(forked, nullptr, 0);
  std::printf("a forgotten Child: %s\n", fate_of(forget_a_child(), 20s).c_str());
  std::printf("a dropped copy that would run for ever: %s\n", fate_of(drop_a_copy(), 20s).c_str());
}
