#pragma once
// What `tend top` shows at one moment, as values: services, jobs and processes with what
// they use.

#include <tend/inspect/process.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/process/run_jobs.hpp"

namespace tend::cli {

struct TopProcess {
  inspect::Identity identity{};
  std::string name{};     ///< Safe to print.
  std::string command{};  ///< Safe to print; the name in brackets as long as nobody asked.
  std::string user{};
  inspect::State state = inspect::State::unknown;
  bool is_kernel_thread = false;
  double cpu = 0;  ///< 1.0: one processor, since the last observation.
  std::uint64_t resident_bytes = 0;
  std::chrono::nanoseconds cpu_time{};
  std::string service{};  ///< `shop/web`; empty: none.
  std::optional<RunJob> job{};

  /// The job, which is the nearer one where a service runs jobs; else the service; empty: neither.
  [[nodiscard]] std::string owner() const { return job ? job->title() : service; }
};

/// What processes use together.
struct TopUsage {
  double cpu = 0;
  std::uint64_t resident_bytes = 0;
  std::size_t processes = 0;

  void add(const TopProcess& process) {
    cpu += process.cpu;
    resident_bytes += process.resident_bytes;
    ++processes;
  }
};

struct TopService {
  std::string project{};
  std::string name{};
  std::string state{};
  std::int32_t leader = 0;
  TopUsage used{};

  [[nodiscard]] std::string title() const { return project + "/" + name; }
};

struct TopJob {
  RunJob job{};
  std::size_t leader = 0;  ///< Its first process, as an index into Observation::processes.
  std::chrono::nanoseconds age{};
  TopUsage used{};
};

struct Observation {
  std::vector<TopService> services{};
  std::vector<TopJob> jobs{};  ///< By run, then by number.
  std::vector<TopProcess> processes{};
  std::size_t running = 0;
  std::size_t zombies = 0;
  double cpu = 0;            ///< Of all processes together.
  std::string blind_spot{};  ///< What could not be seen; empty: all was.
};

}  // namespace tend::cli
