#pragma once
// The fields of a ProjectSpec in the order in which spec_codec writes and reads them, said once for
// both. `Codec` is a function of (name of the field, value), with choice() for enums and their last
// value. A change here changes the format: raise its version in spec_codec.cpp.

#include <concepts>
#include <type_traits>

#include "service/service_spec.hpp"

namespace tend::service {

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, RestartPolicy>
void fields_of(Codec& codec, T& restart) {
  codec.choice("restart when", restart.when, RestartWhen::never);
  codec("restart first at once", restart.first_at_once);
  codec("restart delay", restart.delay);
  codec("restart factor", restart.factor);
  codec("restart jitter", restart.jitter);
  codec("restart max-delay", restart.max_delay);
  codec("restart reset-after", restart.reset_after);
  codec("restart limit", restart.limit);
  codec("restart limit window", restart.limit_window);
  codec("restart cool-down", restart.cool_down);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, StopStage>
void fields_of(Codec& codec, T& stage) {
  codec("stop signal", stage.signal);
  codec("stop wait", stage.wait);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, Readiness>
void fields_of(Codec& codec, T& ready) {
  codec.choice("ready means", ready.means, ReadyMeans::delay);
  codec("ready fd", ready.fd);
  codec("ready host", ready.host);
  codec("ready port", ready.port);
  codec("ready http host", ready.http_host);
  codec("ready path", ready.path);
  codec("ready exec", ready.exec);
  codec("ready delay", ready.delay);
  codec("ready timeout", ready.timeout);
  codec("ready every", ready.every);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, LogSpec>
void fields_of(Codec& codec, T& log) {
  codec("log max-size", log.max_size_bytes);
  codec("log keep", log.keep);
  codec.choice("log policy", log.policy, LogPolicy::drop);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, Requirement>
void fields_of(Codec& codec, T& requirement) {
  codec("requires on", requirement.on);
  codec.choice("requires until", requirement.until, Until::completed);
  codec("requires restart", requirement.restart);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, Limit>
void fields_of(Codec& codec, T& limit) {
  codec("limit resource", limit.resource);
  codec("limit soft", limit.soft);
  codec("limit hard", limit.hard);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, Identity>
void fields_of(Codec& codec, T& identity) {
  codec("uid", identity.uid);
  codec("gid", identity.gid);
  codec("groups", identity.groups);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, ServiceSpec>
void fields_of(Codec& codec, T& service) {
  codec("name", service.name);
  codec.choice("kind", service.kind, Kind::task);
  codec("argv", service.argv);
  codec("cwd", service.cwd);
  codec("env", service.env);
  codec("identity", service.identity);
  codec("umask", service.umask);
  codec("limits", service.limits);
  codec("requires", service.requires_);
  codec("after", service.after);
  fields_of(codec, service.ready);
  fields_of(codec, service.restart);
  codec("stop", service.stop);
  fields_of(codec, service.log);
  codec("essential", service.essential);
}

template <typename Codec, typename T>
  requires std::same_as<std::remove_const_t<T>, ProjectSpec>
void fields_of(Codec& codec, T& project) {
  codec("project name", project.name);
  codec("project file", project.file);
  codec("project runtime_dir", project.runtime_dir);
  codec("project log_dir", project.log_dir);
  codec("project stop-within", project.stop_within);
  codec("services", project.services);
}

}  // namespace tend::service
