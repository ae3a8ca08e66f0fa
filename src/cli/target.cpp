#include "cli/target.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/environment.hpp"
#include "cli/output.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/procfs.hpp"
#include "service/config/load_project.hpp"
#include "service/launch.hpp"

namespace tend::cli {

namespace {

namespace config = service::config;

constexpr std::string_view default_file = "tend.toml";
constexpr std::size_t projects_max = 10'000;
constexpr std::size_t name_bytes_max = 64;

/// --option, else the variable, if it is not empty.
std::optional<std::string> wish(const Invocation& invocation, std::string_view option,
                                const char* name) {
  auto given = invocation.value(option);
  if (!given) {
    given = variable(name);
  }
  return given && !given->empty() ? given : std::nullopt;
}

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) {
    return path;
  }
  const auto here = os::read_link("/proc/self/cwd");
  return here ? *here + "/" + path : path;
}

std::string file_of(const Invocation& invocation) {
  return wish(invocation, "file", "TEND_FILE").value_or(std::string(default_file));
}

bool has_default_file() { return os::status_of(std::string(default_file)).has_value(); }

/// The projects of this user that run, by the directories they keep.
std::vector<std::string> running_projects(const service::PlacesEnvironment& environment) {
  std::vector<std::string> running;
  const auto root = os::open_directory(service::runtime_root(environment));
  if (!root) {
    return running;
  }
  for (const std::string& name :
       os::list_directory(*root, projects_max).value_or(std::vector<std::string>{})) {
    if (!is_project_name(name)) {
      continue;
    }
    const auto found = service::look_at(service::places_of(name, environment));
    if (found && (found->keeper_pid != 0 || !found->left_behind.empty())) {
      running.push_back(name);
    }
  }
  std::ranges::sort(running);
  return running;
}

Outcome<Target> only_running(const service::PlacesEnvironment& environment) {
  const std::vector<std::string> running = running_projects(environment);
  if (running.empty()) {
    return fail(exit_not_running,
                "no project of yours is running, and there is no tend.toml here; `tend up -f FILE` "
                "starts one");
  }
  if (running.size() > 1) {
    return fail(exit_usage, text::format("more than one project is running: {}; say which with -p",
                                         text::join(running, ", ")));
  }
  return Target{.name = running.front(),
                .places = service::places_of(running.front(), environment)};
}

}  // namespace

bool is_project_name(std::string_view name) {
  const auto is_letter_or_digit = [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
           (letter >= '0' && letter <= '9');
  };
  return !name.empty() && name.size() <= name_bytes_max && is_letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [&](char letter) {
           return is_letter_or_digit(letter) || std::string_view("_.@-").contains(letter);
         });
}

service::PlacesEnvironment places_environment(const Invocation& invocation) {
  const auto state = wish(invocation, "state", "TEND_STATE");
  return {.state_dir = state ? absolute(*state) : "",
          .xdg_runtime_dir = variable("XDG_RUNTIME_DIR").value_or(""),
          .xdg_state_home = variable("XDG_STATE_HOME").value_or(""),
          .home = variable("HOME").value_or(""),
          .uid = os::effective_uid()};
}

std::vector<Target> running_targets(const Invocation& invocation) {
  const service::PlacesEnvironment environment = places_environment(invocation);
  std::vector<Target> targets;
  for (const std::string& name : running_projects(environment)) {
    targets.push_back({.name = name, .places = service::places_of(name, environment)});
  }
  return targets;
}

Outcome<Target> find_target(const Invocation& invocation) {
  const service::PlacesEnvironment environment = places_environment(invocation);
  if (const auto name = wish(invocation, "project", "TEND_PROJECT")) {
    if (!is_project_name(*name)) {
      return fail(exit_usage, text::format("{} is not the name of a project", text::quoted(*name)));
    }
    return Target{.name = *name, .places = service::places_of(*name, environment)};
  }
  if (!wish(invocation, "file", "TEND_FILE") && !has_default_file()) {
    return only_running(environment);
  }
  const std::string file = file_of(invocation);
  auto project = config::load_project(file, {.environment = os::own_environment()});
  if (!project && file == default_file) {
    // A file that is being edited must not stand between a person and what runs.
    if (auto running = only_running(environment)) {
      return running;
    }
  }
  if (!project) {
    tell(text::trimmed(project.error().text()));
    return fail(exit_invalid_config, "");
  }
  Target target{.name = project->name, .places = service::places_of(project->name, environment)};
  std::ranges::transform(project->services, std::back_inserter(target.services),
                         &service::ServiceSpec::name);
  return target;
}

Outcome<Loaded> load(const Invocation& invocation) {
  return load_file(file_of(invocation), invocation);
}

Outcome<Loaded> load_file(const std::string& file, const Invocation& invocation) {
  auto project = config::load_project(file, {.environment = os::own_environment()});
  if (!project) {
    const config::Rejected& why = project.error();
    tell(text::trimmed(why.text()));
    const bool is_absent = why.error && why.error->code == ENOENT;
    const bool is_chosen = wish(invocation, "file", "TEND_FILE").has_value();
    return fail(exit_invalid_config,
                is_absent && !is_chosen
                    ? "there is no project here; write a tend.toml, or name one with -f FILE"
                    : "");
  }
  Loaded loaded{.file = file, .spec = *std::move(project)};
  loaded.places = service::places_of(loaded.spec.name, places_environment(invocation));
  loaded.spec.log_dir = loaded.places.log_dir;
  return loaded;
}

}  // namespace tend::cli
