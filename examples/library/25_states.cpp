// Row 25: the states of a process and what they mean; four of them on live processes.
//
// output:
// R running
// S sleeping
// T stopped
// Z zombie
// what they mean:
// R running          <any>
// S sleeping         <any>
// D uninterruptible  <any>
// T stopped          <any>
// t traced           <any>
// Z zombie           <any>
// P parked           <any>

#include <tend/guarded_fork.hpp>
#include <tend/inspect/snapshot.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

using tend::inspect::State;

/// Waits until the process is in that state, and says so.
void show(std::int32_t pid, State awaited) {
  State state = State::unknown;
  for (int tries = 0; state != awaited && tries < 2000; ++tries) {
    state = or_exit(tend::inspect::read_process(pid, tend::inspect::Fields::none)).state;
    ::usleep(state == awaited ? 0 : 10'000);
  }
  std::printf("%c %s\n", letter_of(state), std::string(name_of(state)).c_str());
}

[[noreturn]] void run_for_ever() {
  for (volatile bool for_ever = true; for_ever;) {
  }
  ::_exit(1);
}

}  // namespace

int main() {
  auto busy = or_exit(tend::guarded_fork([] { run_for_ever(); }));
  show(busy.child().pid(), State::running);
  auto idle = or_exit(tend::guarded_fork(::pause));
  show(idle.child().pid(), State::sleeping);
  or_exit(idle.child().suspend());
  show(idle.child().pid(), State::stopped);
  const pid_t ended = ::fork();
  if (ended == 0) {
    ::_exit(0);
  }
  show(ended, State::zombie);  // Until its parent, which we are, asks how it ended.
  ::waitpid(ended, nullptr, 0);

  std::puts("what they mean:");
  for (const char letter : {'R', 'S', 'D', 'T', 't', 'Z', 'P'}) {
    const State state = tend::inspect::state_of(letter);
    std::printf("%c %-16s %s\n", letter, std::string(name_of(state)).c_str(),
                std::string(meaning_of(state)).c_str());
  }
}
