#include <tend/limits.hpp>

#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/cgroup.hpp"
#include "os/files.hpp"
#include "os/limits.hpp"

namespace tend {

namespace {

constexpr std::string_view names[] = {
    "RLIMIT_CPU",      "RLIMIT_FSIZE", "RLIMIT_DATA",   "RLIMIT_STACK",
    "RLIMIT_CORE",     "RLIMIT_RSS",   "RLIMIT_NPROC",  "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK",  "RLIMIT_AS",    "RLIMIT_LOCKS",  "RLIMIT_SIGPENDING",
    "RLIMIT_MSGQUEUE", "RLIMIT_NICE",  "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
};

constexpr int groups_deep_max = 64;

Result<ResourceLimit> exchange(Resource resource, std::optional<os::LimitPair> wanted,
                               std::int32_t pid) {
  auto before = os::exchange_limit(std::to_underlying(resource), wanted, pid);
  if (!before) {
    before.error().detail = name_of(resource);
    return std::unexpected(before.error());
  }
  return ResourceLimit{.soft = before->soft, .hard = before->hard};
}

/// A number in a file of a cgroup; nothing for `max`, or where there is no such file.
std::optional<std::uint64_t> group_number(const std::string& path) {
  const auto text = os::read_file(path, 64);
  if (!text) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  for (const char digit : text::trimmed(*text)) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

/// pids.max of our group and of all above it: each holds for everybody below.
void add_groups(std::vector<StartLimit>& limits) {
  const auto own = os::Cgroup::own();
  if (!own) {
    return;
  }
  std::string path = own->path();
  for (int depth = 0; depth < groups_deep_max && path.size() > 1; ++depth) {
    const auto most = group_number(path + "/pids.max");
    const auto used = group_number(path + "/pids.current");
    if (most && used) {
      limits.push_back({.what = text::format("threads in cgroup {} (pids.max)", path),
                        .used = *used,
                        .most = *most});
    }
    path.resize(path.rfind('/'));
  }
}

}  // namespace

std::string_view name_of(Resource resource) {
  const auto index = static_cast<std::size_t>(std::to_underlying(resource));
  return index < std::size(names) ? names[index] : "RLIMIT_?";
}

Result<ResourceLimit> limit_of(Resource resource, std::int32_t pid) {
  return exchange(resource, std::nullopt, pid);
}

Result<ResourceLimit> set_limit(Resource resource, ResourceLimit limit, std::int32_t pid) {
  return exchange(resource, os::LimitPair{.soft = limit.soft, .hard = limit.hard}, pid);
}

Result<StartLimits> start_limits() {
  StartLimits found{.user = os::real_uid()};
  const os::UserLoad load = TEND_TRY(os::load_of_user(found.user));
  found.user_processes = load.processes;
  found.user_threads = load.threads;
  const ResourceLimit processes = TEND_TRY(limit_of(Resource::processes));
  if (processes.soft != unlimited && os::is_process_limit_in_force()) {
    found.limits.push_back({.what = text::format("threads of user {} (RLIMIT_NPROC)", found.user),
                            .used = load.threads,
                            .most = processes.soft});
  }
  const std::uint64_t threads = TEND_TRY(os::threads_of_machine());
  found.limits.push_back({.what = "threads of the machine (threads-max)",
                          .used = threads,
                          .most = TEND_TRY(os::kernel_setting("threads-max"))});
  found.limits.push_back({.what = "numbers of processes and threads (pid_max)",
                          .used = threads,
                          .most = TEND_TRY(os::kernel_setting("pid_max"))});
  add_groups(found.limits);
  return found;
}

}  // namespace tend
