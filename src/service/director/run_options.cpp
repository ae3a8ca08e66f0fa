#include "service/director/run_options.hpp"

#include "base/text.hpp"

namespace tend::service {

std::string run_variable(std::uint32_t token, std::uint32_t run) {
  return text::format("TEND_RUN={:08x}.{}", token, run);
}

os::SpawnOptions run_options(const ServiceSpec& spec, const RunIdentity& identity) {
  os::SpawnOptions options{.program = spec.argv.empty() ? std::string() : spec.argv.front(),
                           .arguments = spec.argv,
                           .environment = spec.env.list(),
                           .directory = spec.cwd,
                           .session = os::raw::SessionKind::new_session,
                           .umask = spec.umask};
  options.environment.push_back(run_variable(identity.token, identity.run));
  if (!identity.notify_address.empty()) {
    options.environment.push_back("NOTIFY_SOCKET=" + identity.notify_address);
  }
  for (const Limit& limit : spec.limits) {
    options.limits.push_back({.resource = limit.resource, .soft = limit.soft, .hard = limit.hard});
  }
  if (spec.identity) {
    options.uid = spec.identity->uid;
    options.gid = spec.identity->gid;
    options.groups = spec.identity->groups;
  }
  return options;
}

}  // namespace tend::service
