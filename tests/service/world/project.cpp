#include "service/world/project.hpp"

#include <csignal>
#include <string>

namespace tend::service::world {

namespace {

constexpr std::uint32_t services_max = 4;

Readiness random_readiness(Chance& chance) {
  Readiness ready;
  ready.means = chance.pick({ReadyMeans::none, ReadyMeans::none, ReadyMeans::notify,
                             ReadyMeans::notify, ReadyMeans::fd, ReadyMeans::delay});
  ready.fd = 3;
  ready.delay = milliseconds(chance.below(50));
  ready.timeout = milliseconds(chance.pick({100, 1'000, 60'000}));
  return ready;
}

RestartPolicy random_policy(Chance& chance) {
  return {.when = chance.pick({RestartWhen::always, RestartWhen::failure, RestartWhen::failure,
                               RestartWhen::never}),
          .delay = milliseconds(chance.pick({0, 10, 100})),
          .max_delay = milliseconds(500),
          .reset_after = milliseconds(1'000),
          .limit = chance.pick({1U, 3U, 10U}),
          .limit_window = milliseconds(5'000),
          .cool_down = milliseconds(2'000)};
}

std::vector<StopStage> random_ladder(Chance& chance) {
  const StopStage kill{SIGKILL, milliseconds(chance.pick({0, 100}))};
  switch (chance.below(4)) {
    case 0: return {kill};
    case 1: return {{SIGINT, milliseconds(50)}, {SIGTERM, milliseconds(200)}, kill};
    default: return {{SIGTERM, milliseconds(chance.pick({50, 1'000}))}, kill};
  }
}

void require_some(Chance& chance, ProjectSpec& project, ServiceSpec& spec) {
  const auto before = static_cast<std::uint32_t>(project.services.size());
  for (std::uint32_t on = 0; on < before; ++on) {
    if (chance.one_in(3)) {
      const Until until = project.services[on].kind == Kind::task ? Until::completed
                          : chance.one_in(2)                      ? Until::ready
                                                                  : Until::started;
      spec.requires_.push_back({.on = on, .until = until, .restart = chance.one_in(3)});
    } else if (chance.one_in(4)) {
      spec.after.push_back(on);
    }
  }
}

}  // namespace

ProjectSpec random_project(Chance& chance) {
  ProjectSpec project{
      .name = "p", .file = "/p/tend.toml", .runtime_dir = "/nowhere", .log_dir = "/nowhere"};
  const std::uint32_t count = 1 + chance.below(services_max);
  for (std::uint32_t i = 0; i < count; ++i) {
    ServiceSpec spec;
    spec.name = "s" + std::to_string(i);
    spec.kind = chance.one_in(5) ? Kind::task : Kind::service;
    spec.argv = {"/bin/service"};
    spec.cwd = "/";
    spec.ready = spec.kind == Kind::task ? Readiness{} : random_readiness(chance);
    spec.restart = random_policy(chance);
    spec.stop = random_ladder(chance);
    spec.essential = chance.one_in(12);
    require_some(chance, project, spec);
    project.services.push_back(std::move(spec));
  }
  return project;
}

}  // namespace tend::service::world
