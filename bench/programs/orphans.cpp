// In a pid namespace of its own with its own /proc: leaves COUNT orphans to PID 1, one after the
// other, waits until all are reaped, and tells three numbers: nanoseconds in all, nanoseconds
// between the last birth and the last reap, processor time of PID 1 in nanoseconds.
//
//   orphans COUNT

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using Clock = std::chrono::steady_clock;

void leave_one() {
  const pid_t child = vfork();
  if (child == 0) {
    if (vfork() == 0) {
      _exit(0);
    }
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

/// Processes that this namespace knows, zombies too.
int processes() {
  int count = 0;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    count += std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0 ? 1 : 0;
  }
  closedir(proc);
  return count;
}

unsigned long long processor_time_of_init() {
  unsigned long long nanoseconds = 0;
  std::FILE* file = std::fopen("/proc/1/schedstat", "r");
  if (file == nullptr || std::fscanf(file, "%llu", &nanoseconds) != 1) {
    std::perror("/proc/1/schedstat");
    std::exit(EXIT_FAILURE);
  }
  std::fclose(file);
  return nanoseconds;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 0;
  const int others = processes();
  const unsigned long long before = processor_time_of_init();
  const auto begin = Clock::now();
  for (int born = 0; born < count; ++born) {
    leave_one();
  }
  const auto last = Clock::now();
  while (processes() > others) {
  }
  const auto end = Clock::now();
  std::printf("%lld %lld %llu\n",
              static_cast<long long>(std::chrono::nanoseconds(end - begin).count()),
              static_cast<long long>(std::chrono::nanoseconds(end - last).count()),
              processor_time_of_init() - before);
  return 0;
}
