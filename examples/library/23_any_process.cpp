// Row 23: any process, also one that is not our child: look at it, suspend, resume, wait, destroy.
// It is held by a descriptor, so nothing ever reaches a stranger that gets its pid later.
//
// output:
// created: sleep, sleeping, running for less than a minute: yes
// suspended: stopped
// resumed: sleeping
// stored as <pid>:<n>:<any>, and found again: yes
// destroyed: ended

#include <tend/command.hpp>
#include <tend/inspect/snapshot.hpp>
#include <tend/process_handle.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

tend::inspect::Process look(const tend::ProcessHandle& process, tend::inspect::State awaited) {
  auto seen = or_exit(tend::inspect::read_process(process.pid(), tend::inspect::Fields::none));
  for (int tries = 0; seen.state != awaited && tries < 2000; ++tries) {
    ::usleep(10'000);  // Suspending and resuming are asked for, not waited for.
    seen = or_exit(tend::inspect::read_process(process.pid(), tend::inspect::Fields::none));
  }
  return seen;
}

}  // namespace

int main() {
  using tend::inspect::State;
  const auto stranger = or_exit(tend::Command("sleep").arg("1000").detach());  // No child of ours.
  const auto process = or_exit(tend::ProcessHandle::open(stranger.pid));
  const auto seen = look(process, State::sleeping);
  std::printf("created: %s, %s, running for less than a minute: %s\n", seen.name.c_str(),
              std::string(name_of(seen.state)).c_str(),
              or_exit(process.running_for()) < 1min ? "yes" : "no");
  or_exit(process.suspend());
  std::printf("suspended: %s\n", std::string(name_of(look(process, State::stopped).state)).c_str());
  or_exit(process.resume());
  std::printf("resumed: %s\n", std::string(name_of(look(process, State::sleeping).state)).c_str());

  const std::string stored = or_exit(process.identity()).text();
  const auto again = tend::ProcessHandle::open(*tend::ProcessIdentity::parse(stored));
  std::printf("stored as %s, and found again: %s\n", stored.c_str(), again ? "yes" : "no");

  or_exit(process.stop({.rungs = {{SIGTERM, 5s}, {SIGKILL, 5s}}}));
  std::puts(or_exit(process.is_running()) ? "destroyed: still runs" : "destroyed: ended");
}
