// Looking at 2,000 processes: the library against a minimal loop of openat and read over the same
// files. ps stands beside it as a whole command, and so does Python's psutil where it is installed.

#include <tend/child.hpp>
#include <tend/command.hpp>
#include <tend/inspect/snapshot.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "bench/support/contest.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Counted, because "no allocation beyond what is returned" is a promise as well.
void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}
// Not inlined: else g++ 12 takes the free in it for one of memory that another `new` has given.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using tend::bench::run;
using namespace tend::inspect;

constexpr std::size_t process_count = 2000;

/// Sleeping children, all of them ended with this value.
class Crowd {
 public:
  Crowd() {
    const auto one = tend::Command("sleep", {"3600"}).on_drop(tend::Drop::kill);
    while (children_.size() < process_count) {
      auto child = one.spawn();
      if (!child) {
        std::printf("only %zu processes: %s\n", children_.size(), child.error().message().c_str());
        return;
      }
      children_.push_back(*std::move(child));
    }
  }

 private:
  std::vector<tend::Child> children_{};
};

/// The least that can be done: one buffer, no parsing, nothing kept.
class Floor {
 public:
  Floor() : proc_(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
  ~Floor() { close(proc_); }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void read_all(std::span<const char* const> files) {
    lseek(proc_, 0, SEEK_SET);
    std::array<char, 32768> entries{};
    while (true) {
      const long got = syscall(SYS_getdents64, proc_, entries.data(), entries.size());
      if (got <= 0) {
        return;
      }
      for (long at = 0; at < got;) {
        const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
        at += entry->d_reclen;
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
          read_process(entry->d_name, files);
        }
      }
    }
  }

 private:
  void read_process(const char* pid, std::span<const char* const> files) {
    std::array<char, 300> path{};
    for (const char* file : files) {
      std::snprintf(path.data(), path.size(), "%s/%s", pid, file);
      const int opened = openat(proc_, path.data(), O_RDONLY | O_CLOEXEC);
      if (opened >= 0) {
        bytes_ += read(opened, buffer_.data(), buffer_.size());
        close(opened);
      }
    }
  }

  int proc_;
  std::array<char, 16384> buffer_{};
  long bytes_ = 0;
};

void take(const SnapshotOptions& options) {
  const auto snapshot = Snapshot::take(options);
  if (!snapshot) {
    std::fprintf(stderr, "%s\n", snapshot.error().message().c_str());
    std::exit(EXIT_FAILURE);
  }
}

void by_command(const tend::Command& command) {
  const auto status = command.status();
  if (!status || !status->success()) {
    std::exit(EXIT_FAILURE);
  }
}

bool has_psutil() {
  const auto status =
      tend::Command("python3", {"-c", "import psutil"}).err(tend::Stdio::null()).status();
  return status && status->success();
}

bool listings(Floor& floor) {
  static constexpr std::array both{"stat", "cmdline"};
  static constexpr std::array only_stat{"stat"};
  const auto least = [&floor] { floor.read_all(both); };
  const auto ps =
      tend::Command("ps", {"-e", "-o", "pid,ppid,user,stat,args"}).out(tend::Stdio::null());
  const tend::Command psutil("python3", {"-c",
                                         "import psutil\n"
                                         "for process in psutil.process_iter("
                                         "['pid', 'ppid', 'username', 'status', 'cmdline']):\n"
                                         "  process.info"});
  tend::bench::Contest contest = {
      .name = "2,000 processes with their command lines",
      .contenders = {{.name = "openat, read: stat and cmdline", .once = least},
                     {.name = "tend::inspect::Snapshot", .once = [] { take({}); }, .target = 1.2},
                     {.name = "Snapshot, basic facts only",
                      .once = [] { take({.fields = Fields::none}); }},
                     {.name = "openat, read: stat only",
                      .once = [&floor] { floor.read_all(only_stat); }},
                     {.name = "Snapshot, status as well",
                      .once = [] { take({.fields = Fields::command_line | Fields::status}); }},
                     {.name = "Snapshot of one name",
                      .once = [] { take({.filter = {.name = "no such name"}}); },
                      .target = 0.6},
                     {.name = "Snapshot of the children of one",
                      .once = [] { take({.filter = {.parent = 1}}); },
                      .target = 0.35},
                     {.name = "Snapshot of one user",
                      .once = [] { take({.filter = {.user = 65533}}); },
                      .target = 0.35},
                     {.name = "Snapshot of one cgroup",
                      .once = [] { take({.filter = {.cgroup = "/no/such/group"}}); },
                      .target = 0.35},
                     {.name = "ps, the whole command", .once = [&ps] { by_command(ps); }}},
      .rounds = 15,
      .repetitions = 1};
  if (has_psutil()) {
    contest.contenders.push_back(
        {.name = "psutil, the whole command", .once = [&psutil] { by_command(psutil); }});
  } else {
    std::printf("not installed, so skipped: psutil\n");
  }
  return run(contest);
}

/// A command line is one allocation, a name up to 15 bytes is none; the rest is buffers that are
/// used for all.
bool few_allocations() {
  take({});
  const std::uint64_t before = allocations.load();
  const auto snapshot = Snapshot::take();
  const double each = static_cast<double>(allocations.load() - before) /
                      static_cast<double>(snapshot->processes().size());
  std::printf("\nallocations per process: %.2f (target: at most 1.1)\n", each);
  return each <= 1.1;
}

}  // namespace

int main() {
  tend::bench::pin_to_one_processor();
  const Crowd crowd;
  Floor floor;
  const bool is_fast = listings(floor);
  return few_allocations() && is_fast ? EXIT_SUCCESS : EXIT_FAILURE;
}
