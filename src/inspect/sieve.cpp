#include "inspect/sieve.hpp"

#include <string_view>

#include "os/proc_folder.hpp"

namespace tend::inspect {

namespace {

/// `/a/b` lies in `/a/b` and in `/a`; everything lies in `/`.
bool lies_in(std::string_view path, std::string_view group) {
  if (group.ends_with('/')) {
    group.remove_suffix(1);
  }
  return path.starts_with(group) && (path.size() == group.size() || path[group.size()] == '/');
}

bool lies_in(const Field<std::vector<CgroupPlace>>& places, std::string_view group) {
  const auto path = places ? unified_cgroup(*places) : std::nullopt;
  return path && lies_in(*path, group);
}

}  // namespace

Sieve::Sieve(const Filter& filter, const View& view, const os::ProcFolder& proc,
             ProcessReader& reader)
    : filter_(filter),
      proc_(proc),
      reader_(reader),
      can_ask_kernel_(view.is_own_namespace && (filter.user || filter.parent || filter.cgroup)) {}

bool Sieve::may_pass(std::int32_t pid) {
  if (can_ask_kernel_ && !kernel_lets_pass(pid)) {
    return false;
  }
  if (!filter_.name) {
    return true;
  }
  const auto name = reader_.name(proc_, pid);
  return !name || *name == *filter_.name;
}

/// One that has ended is let pass: it is found out, and counted, by reading it.
bool Sieve::kernel_lets_pass(std::int32_t pid) {
  const auto info = os::kernel_info_of(pid);
  if (!info) {
    can_ask_kernel_ = os::is_gone(info.error());
    return true;
  }
  return (!filter_.user || info->effective_user == *filter_.user) &&
         (!filter_.parent || info->parent == *filter_.parent) &&
         (!filter_.cgroup || !info->cgroup_id || may_lie_in_cgroup(pid, *info->cgroup_id));
}

/// The kernel tells ids; which path an id has is read of the first process that is in the group.
bool Sieve::may_lie_in_cgroup(std::int32_t pid, std::uint64_t cgroup_id) {
  if (const auto known = cgroups_.find(cgroup_id); known != cgroups_.end()) {
    return known->second;
  }
  const auto open = reader_.open(proc_, pid);
  if (!open) {
    return true;
  }
  const auto places = reader_.cgroups(*open);
  const bool is_wanted = !places || lies_in(places, *filter_.cgroup);
  // It may have moved in between: then the path is not that of the id.
  const auto now = os::kernel_info_of(pid);
  if (places && now && now->cgroup_id == cgroup_id) {
    cgroups_.emplace(cgroup_id, is_wanted);
  }
  return is_wanted;
}

bool Sieve::passes(OpenProcess& open) {
  const Process& process = open.process;
  if ((filter_.name && process.name != *filter_.name) ||
      (filter_.parent && process.parent.pid != *filter_.parent)) {
    return false;
  }
  if (filter_.user) {
    const auto status = reader_.status(open);
    if (!status || status->credentials.user.effective != *filter_.user) {
      return false;
    }
  }
  return !filter_.cgroup || lies_in(reader_.cgroups(open), *filter_.cgroup);
}

}  // namespace tend::inspect
