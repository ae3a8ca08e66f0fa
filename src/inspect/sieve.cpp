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

}  // namespace

Sieve::Sieve(const Filter& filter, const View& view)
    : filter_(filter), can_ask_kernel_(view.is_own_namespace && (filter.user || filter.parent)) {}

bool Sieve::may_pass(std::int32_t pid) {
  if (!can_ask_kernel_) {
    return true;
  }
  const auto info = os::kernel_info_of(pid);
  if (!info) {
    // One that has ended is found out, and counted, by reading it.
    can_ask_kernel_ = os::is_gone(info.error());
    return true;
  }
  return (!filter_.user || info->effective_user == *filter_.user) &&
         (!filter_.parent || info->parent == *filter_.parent);
}

bool Sieve::passes(ProcessReader& reader, OpenProcess& open) const {
  const Process& process = open.process;
  if ((filter_.name && process.name != *filter_.name) ||
      (filter_.parent && process.parent.pid != *filter_.parent)) {
    return false;
  }
  if (filter_.user) {
    const auto status = reader.status(open);
    if (!status || status->credentials.user.effective != *filter_.user) {
      return false;
    }
  }
  if (filter_.cgroup) {
    const auto places = reader.cgroups(open);
    const auto path = places ? unified_cgroup(*places) : std::nullopt;
    return path && lies_in(*path, *filter_.cgroup);
  }
  return true;
}

}  // namespace tend::inspect
