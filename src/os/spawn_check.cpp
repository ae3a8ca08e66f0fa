#include "os/spawn_check.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "os/fd.hpp"
#include "os/files.hpp"
#include "os/raw/kernel.hpp"

namespace tend::os {

namespace {

constexpr std::uint32_t cpus_max = 65536;
constexpr int nice_min = -20;
constexpr int nice_max = 19;
constexpr int priority_max = 99;
constexpr int oom_score_max = 1000;
constexpr std::uint32_t umask_max = 0777;
constexpr std::size_t id_ranges_max = 340;  // user_namespaces(7), since Linux 4.15.

std::unexpected<Error> bad(std::string subject, std::string why) {
  return std::unexpected(Error{
      .step = "spawn", .subject = std::move(subject), .code = EINVAL, .detail = std::move(why)});
}

Result<> check_program(const SpawnOptions& options) {
  if (options.program.empty()) {
    return bad("", "the name of the program is empty");
  }
  if (options.program.contains('\0')) {
    return bad(options.program.substr(0, options.program.find('\0')),
               "the name of the program contains a NUL byte");
  }
  if (options.arguments.empty()) {
    return bad(options.program, "no arguments, not even the program's name");
  }
  for (std::size_t index = 0; index < options.arguments.size(); ++index) {
    if (options.arguments[index].contains('\0')) {
      return bad(options.program, "argument " + std::to_string(index) + " contains a NUL byte");
    }
  }
  return {};
}

Result<> check_environment(const SpawnOptions& options) {
  for (const std::string& entry : options.environment) {
    const std::size_t equals = entry.find('=');
    if (entry.contains('\0')) {
      return bad(options.program, "environment variable " +
                                      entry.substr(0, std::min(equals, entry.find('\0'))) +
                                      " contains a NUL byte");
    }
    if (equals == std::string::npos || equals == 0) {
      return bad(options.program, "environment entry `" + entry + "` is not KEY=VALUE");
    }
  }
  return {};
}

/// A value that may be wrong, and what is to be said then.
struct Claim {
  bool is_wrong;
  const char* why;
};

bool has_realtime_priority(const SchedulerOptions& scheduler) {
  return scheduler.policy == SCHED_FIFO || scheduler.policy == SCHED_RR;
}

bool is_bad_priority(const SchedulerOptions& scheduler) {
  return has_realtime_priority(scheduler)
             ? scheduler.priority < 1 || scheduler.priority > priority_max
             : scheduler.priority != 0;
}

bool is_bad_map(const std::vector<IdRange>& map) {
  return map.size() > id_ranges_max ||
         std::ranges::any_of(map, [](const IdRange& range) { return range.count == 0; });
}

Result<> check_numbers(const SpawnOptions& options) {
  using enum raw::SessionKind;
  const bool has_user_namespace = (options.namespaces.flags & raw::clone_newuser) != 0;
  const bool has_time_namespace = (options.namespaces.flags & raw::clone_newtime) != 0;
  const bool has_offsets =
      options.namespaces.monotonic_s != 0 || options.namespaces.boottime_s != 0;
  const int oom_score = options.oom_score.value_or(0);
  const int nice = options.nice.value_or(0);
  const Claim claims[] = {
      {options.directory.contains('\0'), "the working directory contains a NUL byte"},
      {options.root.contains('\0'), "the root directory contains a NUL byte"},
      {nice < nice_min || nice > nice_max, "nice must be from -20 to 19"},
      {options.umask.value_or(0) > umask_max, "a umask has only the bits of 0777"},
      {std::ranges::any_of(options.cpus, [](std::uint32_t cpu) { return cpu >= cpus_max; }),
       "no such CPU"},
      {options.scheduler && is_bad_priority(*options.scheduler),
       "a priority is 1 to 99 with SCHED_FIFO and SCHED_RR, and 0 with all others"},
      {oom_score < -oom_score_max || oom_score > oom_score_max,
       "an oom score is from -1000 to 1000"},
      {options.parent_death_signal < 0 || options.parent_death_signal > signal_max,
       "no such signal"},
      {options.session == join_group && options.group <= 0, "no such process group"},
      {options.controlling_fd >= 0 && options.session != new_session,
       "only the first process of a new session can take a terminal"},
      {options.foreground_fd >= 0 && options.session == new_session,
       "a new session has no part in our terminal, so it cannot be in its foreground"},
      {options.namespaces.has_maps() && !has_user_namespace,
       "ids are mapped in a new user namespace only"},
      {is_bad_map(options.namespaces.uid_map) || is_bad_map(options.namespaces.gid_map),
       "an id map has up to 340 ranges, none of them empty"},
      {has_offsets && !has_time_namespace, "clocks are set off in a new time namespace only"},
  };
  for (const Claim& claim : claims) {
    if (claim.is_wrong) {
      return bad(options.program, claim.why);
    }
  }
  return {};
}

Result<> check_descriptors(const SpawnOptions& options) {
  for (const DescriptorWish& wish : options.descriptors) {
    if (wish.source >= 0 && !wish.is_inheritable && !is_open_descriptor(wish.source)) {
      return failed("descriptor", std::to_string(wish.source), EBADF);
    }
  }
  if (options.program_descriptor && !is_open_descriptor(*options.program_descriptor)) {
    return failed("descriptor", std::to_string(*options.program_descriptor), EBADF);
  }
  return {};
}

}  // namespace

Result<> check_spawn_options(const SpawnOptions& options) {
  TEND_TRY(check_program(options));
  TEND_TRY(check_environment(options));
  TEND_TRY(check_numbers(options));
  return check_descriptors(options);
}

Result<> check_no_maps(const SpawnOptions& options) {
  return options.namespaces.has_maps()
             ? bad(options.program, "ids cannot be mapped for a child that is not waited for")
             : Result<>();
}

Result<> check_not_frozen(const SpawnOptions& options) {
  if (options.cgroup == nullptr) {
    return {};
  }
  const auto events = read_file_at(*options.cgroup, "cgroup.events", 4096);
  const auto freeze = read_file_at(*options.cgroup, "cgroup.freeze", 16);
  if ((events && events->contains("frozen 1")) || (freeze && freeze->starts_with('1'))) {
    return std::unexpected(Error{.step = "cgroup",
                                 .subject = options.program,
                                 .code = EBUSY,
                                 .detail = "the group is frozen"});
  }
  return {};
}

}  // namespace tend::os
