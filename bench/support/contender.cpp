#include "bench/support/contender.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

namespace tend::bench {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t nanoseconds(const timeval& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_usec} * 1000;
}

std::int64_t processor_time_of(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

std::int64_t processor_time() {
  return processor_time_of(RUSAGE_SELF) + processor_time_of(RUSAGE_CHILDREN);
}

std::string timed(const std::function<void()>& work) {
  const std::int64_t cpu = processor_time();
  const auto begin = Clock::now();
  work();
  const std::chrono::nanoseconds wall = Clock::now() - begin;
  return std::to_string(wall.count()) + " " + std::to_string(processor_time() - cpu);
}

void expect_bytes(std::size_t got, std::size_t wanted) {
  if (got != wanted) {
    std::cerr << "got " << got << " bytes instead of " << wanted << "\n";
    std::exit(EXIT_FAILURE);
  }
}

std::string hold(std::istream& request) {
  std::size_t bytes = 0;
  request >> bytes;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    give_up("mmap");
  }
  // Pages of 4 KiB, as the heap of a long-lived program has them.
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < bytes; at += 4096) {
    static_cast<volatile char*>(memory)[at] = 1;
  }
  return "ok";
}

std::string open_descriptors(std::istream& request) {
  int count = 0;
  request >> count;
  for (int number = 0; number < count; ++number) {
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
      give_up("open");
    }
  }
  return "ok";
}

std::string set_limit(std::istream& request) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  request >> limit.rlim_cur;
  limit.rlim_max = std::max(limit.rlim_max, limit.rlim_cur);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? "ok" : "no";
}

/// The last processor that we may use, or all that we might use at first.
std::string pin(std::istream& request) {
  static const cpu_set_t all = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  std::string wish;
  request >> wish;
  cpu_set_t set = all;
  for (std::size_t cpu = CPU_SETSIZE; wish == "yes" && cpu-- > 0;) {
    if (CPU_ISSET(cpu, &all)) {
      CPU_ZERO(&set);
      CPU_SET(cpu, &set);
      break;
    }
  }
  sched_setaffinity(0, sizeof set, &set);
  return "ok";
}

class Server {
 public:
  explicit Server(const Ways& ways) : ways_(ways) {}

  std::string answer(const std::string& line) const {
    using Handler = std::string (Server::*)(std::istream&) const;
    static const std::map<std::string, std::string (*)(std::istream&)> settings = {
        {"hold", hold}, {"open", open_descriptors}, {"limit", set_limit}, {"pin", pin}};
    static const std::map<std::string, Handler> works = {
        {"spawn", &Server::spawn},     {"threads", &Server::threads}, {"output", &Server::output},
        {"capture", &Server::capture}, {"discard", &Server::discard}, {"file", &Server::to_file},
        {"cat", &Server::through_cat}, {"growth", &Server::growth}};
    std::istringstream request(line);
    std::string verb;
    request >> verb;
    if (const auto setting = settings.find(verb); setting != settings.end()) {
      return setting->second(request);
    }
    const auto work = works.find(verb);
    return work == works.end() ? "no" : (this->*work->second)(request);
  }

 private:
  std::string spawn(std::istream& request) const {
    int count = 0;
    std::string program;
    request >> count >> program;
    return ways_.spawn ? timed([&] { repeat(count, program); }) : "no";
  }

  void repeat(int count, const std::string& program) const {
    for (int turn = 0; turn < count; ++turn) {
      ways_.spawn(program);
    }
  }

  std::string threads(std::istream& request) const {
    int thread_count = 0;
    int count = 0;
    std::string program;
    request >> thread_count >> count >> program;
    if (!ways_.spawn) {
      return "no";
    }
    return timed([&] {
      std::vector<std::jthread> all;
      for (int index = 0; index < thread_count; ++index) {
        all.emplace_back([&] { repeat(count, program); });
      }
    });
  }

  std::string output(std::istream& request) const {
    int count = 0;
    std::string program;
    request >> count >> program;
    if (!ways_.output) {
      return "no";
    }
    return timed([&] {
      for (int turn = 0; turn < count; ++turn) {
        ways_.output(program);
      }
    });
  }

  std::string collect(std::istream& request, const decltype(Ways::capture)& way) const {
    std::string bytes;
    std::string producer;
    request >> bytes >> producer;
    return way ? timed([&] { expect_bytes(way(producer, bytes), std::stoul(bytes)); }) : "no";
  }

  std::string capture(std::istream& request) const { return collect(request, ways_.capture); }
  std::string discard(std::istream& request) const { return collect(request, ways_.discard); }

  std::string to_file(std::istream& request) const {
    std::string bytes;
    std::string producer;
    request >> bytes >> producer;
    // In memory: not the disk is measured.
    const std::string file = "/dev/shm/tend-bench-" + std::to_string(getpid());
    if (!ways_.to_file) {
      return "no";
    }
    std::string times = timed([&] { ways_.to_file(producer, bytes, file); });
    unlink(file.c_str());
    return times;
  }

  std::string through_cat(std::istream& request) const {
    std::size_t bytes = 0;
    request >> bytes;
    if (!ways_.through_cat) {
      return "no";
    }
    const std::string input(bytes, 'x');
    return timed([&] { expect_bytes(ways_.through_cat(input), bytes); });
  }

  std::string growth(std::istream& request) const {
    int count = 0;
    std::string program;
    request >> count >> program;
    repeat(1000, program);
    const std::size_t before = mallinfo2().uordblks;
    repeat(count, program);
    return std::to_string(before) + " " + std::to_string(mallinfo2().uordblks);
  }

  const Ways& ways_;
};

}  // namespace

void give_up(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

int serve(const Ways& ways) {
  const Server server(ways);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << server.answer(line) << std::endl;
  }
  return EXIT_SUCCESS;
}

}  // namespace tend::bench
