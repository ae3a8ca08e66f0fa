#include <tend/inspect/process.hpp>

#include <algorithm>

#include "base/scan.hpp"

namespace tend::inspect {

std::string_view name_of(SchedulingPolicy policy) {
  switch (policy) {
    case SchedulingPolicy::other: return "other";
    case SchedulingPolicy::fifo: return "fifo";
    case SchedulingPolicy::round_robin: return "round-robin";
    case SchedulingPolicy::batch: return "batch";
    case SchedulingPolicy::idle: return "idle";
    case SchedulingPolicy::deadline: return "deadline";
    case SchedulingPolicy::extension: return "extension";
  }
  return "unknown";
}

std::vector<std::string_view> parts_of(std::string_view nul_separated) {
  std::vector<std::string_view> parts;
  while (!nul_separated.empty()) {
    parts.push_back(next_part(nul_separated, '\0'));
  }
  return parts;
}

std::vector<std::string_view> arguments_of(std::string_view command_line) {
  std::vector<std::string_view> arguments = parts_of(command_line);
  if (arguments.size() > 1 && arguments.front().contains(' ') &&
      std::ranges::all_of(arguments.begin() + 1, arguments.end(), &std::string_view::empty)) {
    arguments.resize(1);
  }
  return arguments;
}

std::optional<std::string_view> unified_cgroup(const std::vector<CgroupPlace>& cgroups) {
  for (const CgroupPlace& place : cgroups) {
    if (place.hierarchy == 0 && place.controllers.empty()) {
      return place.path;
    }
  }
  return std::nullopt;
}

}  // namespace tend::inspect
