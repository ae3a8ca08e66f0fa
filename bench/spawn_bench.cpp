// Spawn and wait: Command against a bare vfork + execve + waitpid and against posix_spawn, for a
// program that costs nothing, for /bin/true, and for parents with much memory, many descriptors and
// a high limit of descriptors.

#include <tend/child.hpp>
#include <tend/command.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/support/contest.hpp"

namespace {

using tend::bench::Contender;
using tend::bench::Contest;
using tend::bench::run;

const char* const noop = TEND_BENCH_PROGRAMS "/noop";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

void wait_for(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) {
    give_up("waitpid");
  }
}

void by_vfork(const char* program) {
  char* const argv[] = {const_cast<char*>(program), nullptr};
  const pid_t child = vfork();
  if (child == 0) {
    execve(program, argv, environ);
    _exit(127);
  }
  wait_for(child);
}

void by_posix_spawn(const char* program) {
  char* const argv[] = {const_cast<char*>(program), nullptr};
  pid_t child = -1;
  if (posix_spawn(&child, program, nullptr, nullptr, argv, environ) != 0) {
    give_up("posix_spawn");
  }
  wait_for(child);
}

void by_fork(const char* program) {
  char* const argv[] = {const_cast<char*>(program), nullptr};
  const pid_t child = fork();
  if (child == 0) {
    execve(program, argv, environ);
    _exit(127);
  }
  wait_for(child);
}

void by_command(const tend::Command& command) {
  auto child = command.spawn();
  if (!child) {
    std::fprintf(stderr, "%s\n", child.error().message().c_str());
    std::exit(EXIT_FAILURE);
  }
  const auto status = child->wait();
  if (!status || !status->success()) {
    give_up("wait");
  }
}

std::vector<Contender> contenders(const char* program, double target) {
  return {
      {.name = "vfork + execve + waitpid", .once = [program] { by_vfork(program); }},
      {.name = "posix_spawn + waitpid", .once = [program] { by_posix_spawn(program); }},
      {.name = "tend::Command",
       .once = [command = tend::Command(program)] { by_command(command); },
       .target = target},
  };
}

bool small_parent() {
  Contest cheap{.name = "a static program that does nothing", .contenders = contenders(noop, 1.10)};
  cheap.contenders.push_back({.name = "fork + execve + waitpid", .once = [] { by_fork(noop); }});
  const bool cheap_met = run(cheap);
  return run({.name = "/bin/true", .contenders = contenders("/bin/true", 1.02), .rounds = 51}) &&
         cheap_met;
}

bool parent_with_memory() {
  const std::size_t bytes = 1UL << 30;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) {
    std::printf("\nno memory for a parent with 1 GiB: skipped\n");
    return true;
  }
  const bool met = run({.name = "/bin/true, 1 GiB of touched memory in the parent",
                        .contenders = contenders("/bin/true", 1.03),
                        .rounds = 51});
  munmap(memory, bytes);
  return met;
}

/// Raises the soft limit of descriptors as far as `count`; gives what was reached.
rlim_t raise_descriptor_limit(rlim_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, count);
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

bool parent_with_descriptors() {
  if (raise_descriptor_limit(20'000) < 20'000) {
    std::printf("\nthe limit of descriptors is below 20,000: skipped\n");
    return true;
  }
  const bool limit_met = run({.name = "/bin/true, RLIMIT_NOFILE = 20,000",
                              .contenders = contenders("/bin/true", 1.02),
                              .rounds = 51});
  std::vector<int> open_ones;
  for (int i = 0; i < 5000; ++i) {
    open_ones.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  const bool many_met = run({.name = "/bin/true, 5,000 open O_CLOEXEC descriptors",
                             .contenders = contenders("/bin/true", 0.80),
                             .rounds = 51});
  for (const int fd : open_ones) {
    close(fd);
  }
  return limit_met && many_met;
}

}  // namespace

int main() {
  tend::bench::pin_to_one_processor();
  bool met = small_parent();
  met = parent_with_memory() && met;
  met = parent_with_descriptors() && met;
  std::printf("\n%s\n", met ? "every target was met" : "a target was missed");
  return 0;
}
