#pragma once
// The steps of a child between clone and exec, and their names: what a failed spawn is told by.
// Freestanding.

#include <cstdint>

namespace tend::os::raw {

enum class SpawnStep : std::uint8_t {
  none = 0,
  clone,
  namespaces,
  id_maps,
  mount_namespace,
  time_namespace,
  cgroup,
  session,
  group,
  foreground,
  terminal,
  umask,
  limit,
  nice,
  affinity,
  scheduler,
  oom_score,
  directory,
  root,
  descriptor,
  close_others,
  bounding_set,
  groups,
  gid,
  uid,
  capabilities,
  ambient_set,
  parent_death,
  parent_gone,
  no_new_privileges,
  signals,
  pre_exec,
  exec,
};

/// "exec", "chdir", "setuid"; the call that a reader knows.
constexpr const char* step_name(SpawnStep step) noexcept {
  switch (step) {
    case SpawnStep::none: return "start";
    case SpawnStep::clone: return "clone";
    case SpawnStep::namespaces: return "namespaces";
    case SpawnStep::id_maps: return "id_map";
    case SpawnStep::mount_namespace: return "mount";
    case SpawnStep::time_namespace: return "time namespace";
    case SpawnStep::cgroup: return "cgroup";
    case SpawnStep::session: return "setsid";
    case SpawnStep::group: return "setpgid";
    case SpawnStep::foreground: return "foreground";
    case SpawnStep::terminal: return "terminal";
    case SpawnStep::umask: return "umask";
    case SpawnStep::limit: return "setrlimit";
    case SpawnStep::nice: return "nice";
    case SpawnStep::affinity: return "affinity";
    case SpawnStep::scheduler: return "scheduler";
    case SpawnStep::oom_score: return "oom_score_adj";
    case SpawnStep::directory: return "chdir";
    case SpawnStep::root: return "chroot";
    case SpawnStep::descriptor: return "descriptor";
    case SpawnStep::close_others: return "close_range";
    case SpawnStep::bounding_set:
    case SpawnStep::capabilities:
    case SpawnStep::ambient_set: return "capabilities";
    case SpawnStep::groups: return "setgroups";
    case SpawnStep::gid: return "setgid";
    case SpawnStep::uid: return "setuid";
    case SpawnStep::parent_death: return "pdeathsig";
    case SpawnStep::parent_gone: return "parent";
    case SpawnStep::no_new_privileges: return "no_new_privs";
    case SpawnStep::signals: return "signals";
    case SpawnStep::pre_exec: return "pre_exec";
    case SpawnStep::exec: return "exec";
  }
  return "?";
}

/// ChildSlot::step holds the step in its lowest byte and above it which one of several it
/// was about: the number of the limit, descriptor or capability, the index of the candidate for
/// exec.
constexpr std::int32_t packed_step(SpawnStep step, std::uint32_t index) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(step) | (index & 0x7f'ffff) << 8U);
}

constexpr SpawnStep step_of(std::int32_t packed) noexcept {
  const auto value = static_cast<std::uint8_t>(static_cast<std::uint32_t>(packed) & 0xffU);
  return value <= static_cast<std::uint8_t>(SpawnStep::exec) ? static_cast<SpawnStep>(value)
                                                             : SpawnStep::none;
}

constexpr std::uint32_t index_of(std::int32_t packed) noexcept {
  return static_cast<std::uint32_t>(packed) >> 8U;
}

}  // namespace tend::os::raw
