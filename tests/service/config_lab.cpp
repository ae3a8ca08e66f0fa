#include "config_lab.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

#include "base/text.hpp"

namespace tend::service::config::lab {

namespace {

Result<std::optional<User>> find_user(std::string_view name) {
  if (name == "www" || name == "33") {
    return User{.name = "www",
                .uid = 33,
                .gid = 33,
                .groups = {33, 44},
                .home = "/var/www",
                .shell = "/usr/sbin/nologin"};
  }
  if (name == "self" || name == "1000") {
    return User{.name = "self",
                .uid = 1000,
                .gid = 1000,
                .groups = {1000},
                .home = "/home/self",
                .shell = "/bin/bash"};
  }
  if (name == "broken") {
    return failed("look up", "broken", EIO);
  }
  return std::nullopt;
}

Result<std::optional<std::uint32_t>> find_group(std::string_view name) {
  if (name == "video" || name == "44") {
    return 44;
  }
  if (name == "self" || name == "1000") {
    return 1000;
  }
  return std::nullopt;
}

}  // namespace

Surroundings as_root() { return with_files({}); }

Surroundings as_self() {
  Surroundings made = with_files({});
  made.uid = 1000;
  made.gid = 1000;
  return made;
}

Surroundings with_files(std::map<std::string, std::string> files) {
  return {
      .directory = "/srv/app",
      .environment = {"USER=root", "PATH=/bin", "HOME=/root"},
      .find_user = find_user,
      .find_group = find_group,
      .read_env_file = [files = std::move(files)](const std::string& path) -> Result<std::string> {
        const auto place = files.find(path);
        if (place == files.end()) {
          return failed("open", path, ENOENT);
        }
        return place->second;
      },
  };
}

std::string verdict(std::string_view text, const Surroundings& surroundings) {
  const auto parsed = parse_project(text, "/srv/app/tend.toml", surroundings);
  if (parsed) {
    return "good";
  }
  std::string all;
  for (const Problem& problem : parsed.error()) {
    all += all.empty() ? "" : "\n";
    all += text::format("{}:{}: {}", problem.at.line, problem.at.column, problem.message);
    all += problem.hint.empty() ? "" : "\n  " + problem.hint;
  }
  return all;
}

std::string verdict_of_service(std::string_view lines, const Surroundings& surroundings) {
  return verdict("[service.web]\nrun = \"x\"\n" + std::string(lines), surroundings);
}

ProjectSpec project(std::string_view text, const Surroundings& surroundings) {
  auto parsed = parse_project(text, "/srv/app/tend.toml", surroundings);
  if (!parsed) {
    ADD_FAILURE() << problems_text("tend.toml", parsed.error()) << "in\n" << text;
    return ProjectSpec{.services = {ServiceSpec{}}};
  }
  return *std::move(parsed);
}

ServiceSpec service(std::string_view lines, const Surroundings& surroundings) {
  return project("[service.web]\nrun = \"x\"\n" + std::string(lines), surroundings).services.at(0);
}

}  // namespace tend::service::config::lab
