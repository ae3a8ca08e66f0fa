// container_of() of process.hpp: what the paths of cgroups tell about who made them.

#include <tend/inspect/process.hpp>

#include <algorithm>
#include <array>

#include "base/scan.hpp"

namespace tend::inspect {

namespace {

/// A part of a path that begins with `prefix` and ends with `suffix`; what is between is the id.
struct Form {
  std::string_view prefix;
  std::string_view suffix;
  std::string_view engine;
};

constexpr std::array<Form, 8> forms{{
    {"docker-", ".scope", "docker"},
    {"libpod-", ".scope", "podman"},
    {"libpod-payload-", "", "podman"},
    {"cri-containerd-", ".scope", "containerd"},
    {"crio-", ".scope", "crio"},
    {"crio-", "", "crio"},
    {"lxc.payload.", "", "lxc"},
    {"machine-", ".scope", "systemd-nspawn"},
}};

bool is_hash(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char digit) {
           return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
         });
}

std::optional<Container> container_of_part(std::string_view part, std::string_view before) {
  for (const Form& form : forms) {
    if (part.size() > form.prefix.size() + form.suffix.size() && part.starts_with(form.prefix) &&
        part.ends_with(form.suffix)) {
      part.remove_prefix(form.prefix.size());
      part.remove_suffix(form.suffix.size());
      return Container{.engine = std::string(form.engine), .id = std::string(part)};
    }
  }
  if (before == "lxc" && !part.empty()) {
    return Container{.engine = "lxc", .id = std::string(part)};
  }
  if (is_hash(part)) {
    return Container{.engine = before == "docker" ? "docker" : "container",
                     .id = std::string(part)};
  }
  return std::nullopt;
}

std::optional<Container> container_of_path(std::string_view path) {
  const bool is_pod = path.contains("kubepods");
  std::optional<Container> found;
  std::string_view before;
  while (!path.empty()) {
    const std::string_view part = next_part(path, '/');
    // The innermost one counts: a container may run containers.
    if (auto one = container_of_part(part, before)) {
      found = std::move(one);
    }
    before = part;
  }
  if (found && is_pod) {
    found->engine = "kubernetes";
  }
  return found;
}

}  // namespace

std::optional<Container> container_of(const std::vector<CgroupPlace>& cgroups) {
  for (const CgroupPlace& place : cgroups) {
    if (auto found = container_of_path(place.path)) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace tend::inspect
