#include "os/raw/spawn_child.hpp"

#include <asm/unistd.h>
#include <linux/prctl.h>

#include "os/raw/kernel.hpp"
#include "os/raw/spawn_step.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

constexpr int exit_code = 127;

// The other side of the slot may be another process or a suspended thread of ours: plain stores,
// but never reordered or left out.
void store(std::int32_t& place, std::int32_t value) noexcept {
  __atomic_store_n(&place, value, __ATOMIC_RELEASE);
}

[[noreturn]] void leave() noexcept {
  while (true) {
    syscall(__NR_exit_group, exit_code);
  }
}

[[noreturn]] void fail(const ChildInput& input, SpawnStep step, long result,
                       std::uint32_t index = 0) noexcept {
  // The step first: who finds an error also finds what it was about.
  store(input.slot->step, packed_step(step, index));
  store(input.slot->error, static_cast<std::int32_t>(-result));
  leave();
}

void check(const ChildInput& input, SpawnStep step, long result, std::uint32_t index = 0) noexcept {
  if (result < 0) {
    fail(input, step, result, index);
  }
}

void enter_cgroup(const ChildInput& input) noexcept {
  if (input.cgroup_fd < 0) {
    return;
  }
  const long procs = syscall(__NR_openat, input.cgroup_fd, "cgroup.procs", o_wronly | o_cloexec, 0);
  check(input, SpawnStep::cgroup, procs);
  check(input, SpawnStep::cgroup, syscall(__NR_write, procs, "0", 1));
  syscall(__NR_close, procs);
}

void enter_session(const ChildInput& input) noexcept {
  switch (input.session) {
    case SessionKind::keep: break;
    case SessionKind::new_session: check(input, SpawnStep::session, syscall(__NR_setsid)); break;
    case SessionKind::new_group: check(input, SpawnStep::group, syscall(__NR_setpgid, 0, 0)); break;
    case SessionKind::join_group:
      check(input, SpawnStep::group, syscall(__NR_setpgid, 0, input.group));
      break;
  }
}

void set_limits(const ChildInput& input, std::uint32_t first, std::uint32_t end) noexcept {
  for (std::uint32_t index = first; index < end; ++index) {
    const LimitSetting& limit = input.limits[index];
    const std::uint64_t values[2] = {limit.soft, limit.hard};
    check(input, SpawnStep::limit, syscall(__NR_prlimit64, 0, limit.resource, &values[0], nullptr),
          static_cast<std::uint32_t>(limit.resource));
  }
}

void set_attributes(const ChildInput& input) noexcept {
  if (input.umask >= 0) {
    syscall(__NR_umask, input.umask);
  }
  set_limits(input, 0, input.early_limit_count);
  if (input.has_nice) {
    check(input, SpawnStep::nice, syscall(__NR_setpriority, prio_process, 0, input.nice));
  }
  if (input.affinity != nullptr) {
    check(input, SpawnStep::affinity,
          syscall(__NR_sched_setaffinity, 0, input.affinity_bytes, input.affinity));
  }
}

bool is_target(const ChildInput& input, long number) noexcept {
  for (std::uint32_t index = 0; index < input.placement_count; ++index) {
    if (input.placements[index].target == number) {
      return true;
    }
  }
  return false;
}

/// A copy of the source under a number that no placement will overwrite. Copies that land on a
/// target on the way are overwritten by that placement, so none is left behind.
long copy_out_of_the_way(const ChildInput& input, std::int32_t number) noexcept {
  long lowest = 3;
  while (true) {
    const long copy = syscall(__NR_fcntl, number, f_dupfd_cloexec, lowest);
    if (copy < 0 || !is_target(input, copy)) {
      return copy;
    }
    lowest = copy + 1;
  }
}

void place_descriptors(const ChildInput& input) noexcept {
  for (std::uint32_t index = 0; index < input.source_count; ++index) {
    const DescriptorSource& source = input.sources[index];
    input.placed[index] = source.number;
    if (source.is_in_the_way != 0) {
      const long copy = copy_out_of_the_way(input, source.number);
      check(input, SpawnStep::descriptor, copy, static_cast<std::uint32_t>(source.number));
      input.placed[index] = static_cast<std::int32_t>(copy);
    }
  }
  for (std::uint32_t index = 0; index < input.placement_count; ++index) {
    const DescriptorPlacement& placement = input.placements[index];
    const std::int32_t from = input.placed[placement.source];
    // dup3 refuses equal numbers; there only the close-on-exec flag has to go.
    const long result = from == placement.target ? syscall(__NR_fcntl, from, f_setfd, 0)
                                                 : syscall(__NR_dup3, from, placement.target, 0);
    check(input, SpawnStep::descriptor, result, static_cast<std::uint32_t>(placement.target));
  }
}

void close_one_on_exec(const ChildInput& input, long number) noexcept {
  for (std::uint32_t index = 0; index < input.hole_count; ++index) {
    if (number >= input.holes[index].first && number <= input.holes[index].last) {
      syscall(__NR_fcntl, number, f_setfd, fd_cloexec);
      return;
    }
  }
}

/// The number that a name of /proc/self/fd stands for, or -1.
long number_from(const char* name) noexcept {
  long number = 0;
  if (*name == '\0') {
    return -1;
  }
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') {
      return -1;
    }
    number = number * 10 + (*name - '0');
  }
  return number;
}

/// For kernels before 5.11 and for seccomp profiles that do not know close_range.
bool close_listed_on_exec(const ChildInput& input) noexcept {
  const long list =
      syscall(__NR_openat, at_fdcwd, "/proc/self/fd", o_rdonly | o_directory | o_cloexec, 0);
  if (list < 0) {
    return false;
  }
  // Not cleared, whatever the flags of the build say: that would be a call of memset.
  alignas(DirectoryEntry) char buffer[4096] __attribute__((uninitialized));
  while (true) {
    const long got = syscall(__NR_getdents64, list, &buffer[0], sizeof buffer);
    if (got <= 0) {
      return got == 0;
    }
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(&buffer[at]);
      close_one_on_exec(input, number_from(entry->name));
      at += entry->length;
    }
  }
}

/// The last resort, without /proc: every number below the limit, within reason.
void close_counted_on_exec(const ChildInput& input) noexcept {
  constexpr std::uint64_t numbers_max = 1U << 20U;
  std::uint64_t limit[2] = {numbers_max, numbers_max};
  syscall(__NR_prlimit64, 0, rlimit_nofile, nullptr, &limit[0]);
  const std::uint64_t end = limit[0] < numbers_max ? limit[0] : numbers_max;
  for (std::uint64_t number = 3; number < end; ++number) {
    close_one_on_exec(input, static_cast<long>(number));
  }
}

/// Marks instead of closing: the descriptor that tells the parent of the exec must live until then.
void close_others(const ChildInput& input) noexcept {
  for (std::uint32_t index = 0; index < input.hole_count; ++index) {
    const long result = syscall(__NR_close_range, input.holes[index].first, input.holes[index].last,
                                close_range_cloexec);
    if (result < 0) {
      if (!close_listed_on_exec(input)) {
        close_counted_on_exec(input);
      }
      return;
    }
  }
}

/// Only where the parent's memory is not shared: the kernel changes the dumpable flag of the memory
/// when ids change, and that would be the parent's.
void set_identity(const ChildInput& input) noexcept {
  if (input.has_groups) {
    check(input, SpawnStep::groups, syscall(__NR_setgroups, input.group_count, input.groups));
  }
  if (input.has_gid) {
    check(input, SpawnStep::gid, syscall(__NR_setresgid, input.gid, input.gid, input.gid));
  }
  if (input.has_uid) {
    check(input, SpawnStep::uid, syscall(__NR_setresuid, input.uid, input.uid, input.uid));
  }
}

void bind_to_parent(const ChildInput& input) noexcept {
  if (input.parent_death_signal == 0) {
    return;
  }
  // After the ids, which clear it. A parent that died before this call sends nothing: hence the
  // look.
  check(input, SpawnStep::parent_death,
        syscall(__NR_prctl, PR_SET_PDEATHSIG, input.parent_death_signal));
  if (syscall(__NR_getppid) != input.expected_parent) {
    fail(input, SpawnStep::parent_gone, -error_no_process);
  }
}

// Member by member: an empty initialiser becomes a call of memset without optimisation.
void clear(KernelSigaction& action) noexcept {
  action.handler = 0;
  action.flags = 0;
  action.restorer = 0;
  action.mask = 0;
}

void reset_signals(const ChildInput& input) noexcept {
  for (int number = 1; number <= signal_count; ++number) {
    if (number == signal_kill || number == signal_stop) {
      continue;
    }
    if ((input.keep_ignored >> (number - 1) & 1U) != 0) {
      KernelSigaction now;  // NOLINT(cppcoreguidelines-pro-type-member-init): see clear().
      clear(now);
      syscall(__NR_rt_sigaction, number, nullptr, &now, sizeof now.mask);
      if (now.handler == signal_ignore) {
        continue;
      }
    }
    KernelSigaction standard;  // NOLINT(cppcoreguidelines-pro-type-member-init): see clear().
    clear(standard);
    syscall(__NR_rt_sigaction, number, &standard, nullptr, sizeof standard.mask);
  }
}

bool is_about_this_path(long result) noexcept {
  switch (-result) {
    case error_no_entry:
    case error_not_directory:
    case error_access:
    case error_permission:
    case error_loop:
    case error_name_too_long:
    case error_stale:
    case error_no_device:
    case error_timed_out: return true;
    default: return false;
  }
}

/// execve; a file that somebody has open for writing is tried again for about 60 ms: often it is
/// another thread's child that will close it by its own exec in a moment.
long execute(const ChildInput& input, const char* path) noexcept {
  long pause_ns = 1'000'000;
  constexpr long pause_ns_max = 32'000'000;
  while (true) {
    const long result = syscall(__NR_execve, path, input.argv, input.envp);
    if (result != -error_text_busy || pause_ns > pause_ns_max) {
      return result;
    }
    const KernelTimespec pause = {.seconds = 0, .nanoseconds = pause_ns};
    syscall(__NR_nanosleep, &pause, nullptr);
    pause_ns *= 2;
  }
}

[[noreturn]] void execute_candidates(const ChildInput& input) noexcept {
  long told = -error_no_entry;
  std::uint32_t told_index = 0;
  for (std::uint32_t index = 0; input.candidates[index] != nullptr; ++index) {
    const long result = execute(input, input.candidates[index]);
    if (!is_about_this_path(result)) {
      fail(input, SpawnStep::exec, result, index);
    }
    // The first answer that says more than "not here", or that of the only candidate.
    const bool is_only = index == 0 && input.candidates[1] == nullptr;
    if (is_only ||
        (told == -error_no_entry && result != -error_no_entry && result != -error_not_directory)) {
      told = result;
      told_index = index;
    }
  }
  fail(input, SpawnStep::exec, told, told_index);
}

}  // namespace

void run_child(const ChildInput& input) noexcept {
  if (input.stores_own_pid) {
    store(input.slot->pid, static_cast<std::int32_t>(syscall(__NR_getpid)));
  }
  enter_cgroup(input);
  enter_session(input);
  set_attributes(input);
  if (input.directory_fd >= 0) {
    check(input, SpawnStep::directory, syscall(__NR_fchdir, input.directory_fd));
  }
  place_descriptors(input);
  set_limits(input, input.early_limit_count, input.limit_count);
  set_identity(input);
  bind_to_parent(input);
  if (input.no_new_privileges) {
    check(input, SpawnStep::no_new_privileges,
          syscall(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  }
  close_others(input);
  reset_signals(input);
  if (input.reached_exec != nullptr) {
    store(*input.reached_exec, 1);
  }
  syscall(__NR_rt_sigprocmask, signal_setmask, &input.final_mask, nullptr, sizeof input.final_mask);
  execute_candidates(input);
}

}  // namespace tend::os::raw
