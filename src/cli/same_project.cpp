#include "cli/same_project.hpp"

#include <algorithm>
#include <cstddef>

namespace tend::cli {

namespace {

using service::ProjectSpec;
using service::ServiceSpec;

ProjectSpec without_environment(ProjectSpec project) {
  for (ServiceSpec& spec : project.services) {
    spec.env = {};
  }
  return project;
}

bool has_all(const ServiceSpec& running, const ServiceSpec& alone) {
  return std::ranges::all_of(alone.env, [&running](const std::string& entry) {
    return std::ranges::find(running.env, entry) != running.env.end();
  });
}

}  // namespace

bool is_same_project(const ProjectSpec& running, const ProjectSpec& present,
                     const ProjectSpec& alone) {
  if (without_environment(running) != without_environment(present) ||
      running.services.size() != alone.services.size()) {
    return false;
  }
  for (std::size_t i = 0; i < running.services.size(); ++i) {
    if (!has_all(running.services[i], alone.services[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace tend::cli
