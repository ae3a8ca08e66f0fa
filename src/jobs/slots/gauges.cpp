#include "jobs/slots/gauges.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "jobs/slots/gauge_text.hpp"
#include "os/cgroup.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t text_bytes_max = std::size_t{64} * 1024;
// Deeper than anybody nests control groups; a bound on the walk upwards.
constexpr int group_depth_max = 64;

std::string text_of(const std::string& path) {
  return os::read_file(path, text_bytes_max).value_or("");
}

/// Calls `look` with the folder of our control group and of those above it.
template <typename Look>
void for_each_group(Look look) {
  const auto own = os::Cgroup::own();
  std::string path = own ? own->path() : "";
  for (int depth = 0; depth < group_depth_max && !path.empty(); ++depth) {
    look(path);
    path.resize(std::min(path.rfind('/'), path.size()));
  }
}

}  // namespace

unsigned usable_cores() {
  double cores = static_cast<double>(os::usable_cpus());
  for_each_group([&cores](const std::string& group) {
    cores = std::min(cores, parse_cpu_quota(text_of(group + "/cpu.max")).value_or(cores));
  });
  return std::max(1U, static_cast<unsigned>(std::ceil(cores)));
}

std::optional<double> load_average() { return parse_load_average(text_of("/proc/loadavg")); }

std::optional<std::uint64_t> available_memory() {
  auto least = parse_available_memory(text_of("/proc/meminfo"));
  for_each_group([&least](const std::string& group) {
    const auto left =
        parse_group_memory(text_of(group + "/memory.max"), text_of(group + "/memory.current"),
                           text_of(group + "/memory.stat"));
    if (least && left) {
      least = std::min(*least, *left);
    }
  });
  return least;
}

}  // namespace tend::jobs
