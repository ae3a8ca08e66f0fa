#pragma once
// What `tend top` shows at one moment, as values: services and processes with what they use.

#include <tend/inspect/process.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
};

struct TopService {
  std::string project{};
  std::string name{};
  std::string state{};
  std::int32_t leader = 0;
  double cpu = 0;  ///< Of all its processes.
  std::uint64_t resident_bytes = 0;
  std::size_t processes = 0;

  [[nodiscard]] std::string title() const { return project + "/" + name; }
};

struct Observation {
  std::vector<TopService> services{};
  std::vector<TopProcess> processes{};
  std::size_t running = 0;
  std::size_t zombies = 0;
  double cpu = 0;            ///< Of all processes together.
  std::string blind_spot{};  ///< What could not be seen; empty: all was.
};

}  // namespace tend::cli
