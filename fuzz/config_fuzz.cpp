// Whatever stands in a tend.toml: a project that is whole, or problems with places inside the text.

#include <cstdint>
#include <string_view>

#include "base/text.hpp"
#include "service/config/service_file.hpp"
#include "service/spec_codec.hpp"
#include "target.hpp"

namespace {

using namespace tend;
using namespace tend::service;
using fuzz::require;

config::Surroundings surroundings() {
  return {
      .directory = "/srv/app",
      .environment = {"PATH=/bin", "HOME=/root"},
      .find_user = [](std::string_view name) -> Result<std::optional<config::User>> {
        if (name != "www") {
          return std::nullopt;
        }
        return config::User{.name = "www", .uid = 33, .gid = 33, .groups = {33}};
      },
      .find_group = [](std::string_view) -> Result<std::optional<std::uint32_t>> { return 44; },
      .read_env_file = [](const std::string&) -> Result<std::string> { return "A=1\nB='2'\n"; },
  };
}

void check_project(const ProjectSpec& project) {
  require(!project.name.empty() && !project.services.empty());
  for (const ServiceSpec& service : project.services) {
    require(!service.argv.empty() && !service.argv[0].empty() && service.cwd.starts_with('/'));
    require(!service.stop.empty() && service.stop.back().signal == 9);
    require(service.restart.max_delay >= service.restart.delay);
    require(service.restart.limit >= 1 && service.restart.limit <= 64);
    require(service.kind == Kind::service || service.ready.means == ReadyMeans::none);
  }
  const auto decoded = decode(encode(project));
  require(decoded && *decoded == project);
}

}  // namespace

void tend::fuzz::try_input(std::string_view input) {
  const auto project = config::parse_project(input, "/srv/app/tend.toml", surroundings());
  if (project) {
    check_project(*project);
    return;
  }
  require(!project.error().empty());
  for (const config::Problem& problem : project.error()) {
    require(!problem.message.empty() && problem.at.line <= input.size() + 1);
  }
  const std::string shown = config::problems_text("tend.toml", project.error());
  require(!text::invalid_utf8(shown) && shown.ends_with('\n'));
}
