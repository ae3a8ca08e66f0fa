// Row 31: starting a process does not depend on the size of the parent. fork copies what describes
// the memory, and makes each page of it a fault at the next write; here they are counted. A start
// by the library leaves the memory alone, unless the system allows copies only, as some emulators
// do (TEND_SPAWN_LEVEL=3): then it costs what fork does. test: plain builds only (sanitizers touch
// it too)
//
// output:
// memory in use: 64 MiB
// faults when it is written to after a fork:            one for each page
// faults when it is written to after a Command started: none

#include <tend/command.hpp>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <span>

#include "or_exit.hpp"

namespace {

constexpr std::size_t bytes = 64 << 20;

/// Writes to each page; how many faults that caused.
long write_to_all(std::span<char> memory, std::size_t page) {
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  for (std::size_t at = 0; at < memory.size(); at += page) {
    static_cast<volatile char&>(memory[at]) = 1;
  }
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

const char* words(long faults, std::size_t pages) {
  if (faults >= static_cast<long>(pages)) {
    return "one for each page";
  }
  return faults < static_cast<long>(pages / 100) ? "none" : "some";
}

}  // namespace

int main() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(place, bytes, MADV_NOHUGEPAGE);  // Else one fault can be for 512 pages.
  const std::span<char> memory(static_cast<char*>(place), bytes);
  write_to_all(memory, page);
  std::printf("memory in use: %zu MiB\n", bytes >> 20);

  const pid_t forked = ::fork();
  if (forked == 0) {
    ::_exit(0);
  }
  const long after_fork = write_to_all(memory, page);
  ::waitpid(forked, nullptr, 0);
  auto child = or_exit(tend::Command("true").spawn());
  const long after_spawn = write_to_all(memory, page);
  or_exit(child.wait());
  std::printf("faults when it is written to after a fork:            %s\n",
              words(after_fork, bytes / page));
  std::printf("faults when it is written to after a Command started: %s\n",
              words(after_spawn, bytes / page));
}
