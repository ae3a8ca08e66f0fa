#include "cli/start_order.hpp"

#include <algorithm>
#include <cstddef>

#include "base/text.hpp"

namespace tend::cli {

namespace {

using service::ServiceSpec;

std::string counted(std::ptrdiff_t count, std::string_view what) {
  return text::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Whether all that it comes after has its step already.
bool may_start(const ServiceSpec& spec, const std::vector<bool>& has_step) {
  return std::ranges::all_of(spec.after, [&](std::uint32_t on) { return has_step.at(on); }) &&
         std::ranges::all_of(spec.requires_, [&](const service::Requirement& requirement) {
           return has_step.at(requirement.on);
         });
}

}  // namespace

std::vector<std::vector<std::uint32_t>> start_steps(const service::ProjectSpec& project) {
  std::vector<bool> has_step(project.services.size());
  std::vector<std::vector<std::uint32_t>> steps;
  while (true) {
    std::vector<std::uint32_t> step;
    for (std::uint32_t index = 0; index < project.services.size(); ++index) {
      if (!has_step[index] && may_start(project.services[index], has_step)) {
        step.push_back(index);
      }
    }
    if (step.empty()) {
      return steps;
    }
    for (const std::uint32_t index : step) {
      has_step[index] = true;
    }
    steps.push_back(std::move(step));
  }
}

std::string count_words(const service::ProjectSpec& project) {
  const auto tasks = std::ranges::count(project.services, service::Kind::task, &ServiceSpec::kind);
  const auto services = std::ssize(project.services) - tasks;
  std::string words = counted(services, "service");
  if (tasks > 0) {
    words += ", " + counted(tasks, "task");
  }
  return words;
}

}  // namespace tend::cli
