#include "os/raw/spawn_child.hpp"

#include <asm/unistd.h>
#include <linux/prctl.h>

#include <cstddef>

#include "os/raw/child_descriptors.hpp"
#include "os/raw/child_exec.hpp"
#include "os/raw/child_identity.hpp"
#include "os/raw/child_namespaces.hpp"
#include "os/raw/child_report.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/spawn_step.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

constexpr int exit_code = 127;

/// One write to a control file; opening or writing failed: -errno.
long write_file(long directory, const char* name, const char* bytes, std::size_t count) noexcept {
  const long file = syscall(__NR_openat, directory, name, o_wronly | o_cloexec, 0);
  if (file < 0) {
    return file;
  }
  const long written = syscall(__NR_write, file, bytes, count);
  syscall(__NR_close, file);
  return written;
}

bool enter_cgroup(const ChildInput& input) noexcept {
  return input.cgroup_fd < 0 || is_done(input.slot, SpawnStep::cgroup,
                                        write_file(input.cgroup_fd, "cgroup.procs", "0", 1));
}

bool enter_session(const ChildInput& input) noexcept {
  switch (input.session) {
    case SessionKind::keep: break;
    case SessionKind::new_session:
      return is_done(input.slot, SpawnStep::session, syscall(__NR_setsid));
    case SessionKind::new_group:
      return is_done(input.slot, SpawnStep::group, syscall(__NR_setpgid, 0, 0));
    case SessionKind::join_group:
      return is_done(input.slot, SpawnStep::group, syscall(__NR_setpgid, 0, input.group));
  }
  return true;
}

/// While SIGTTOU is blocked: who is in the background would be stopped by it.
bool take_foreground(const ChildInput& input) noexcept {
  if (input.foreground_fd < 0) {
    return true;
  }
  const auto group = static_cast<std::int32_t>(syscall(__NR_getpgid, 0));
  return is_done(input.slot, SpawnStep::foreground,
                 syscall(__NR_ioctl, input.foreground_fd, terminal_set_group, &group));
}

bool take_terminal(const ChildInput& input) noexcept {
  return input.controlling_fd < 0 ||
         is_done(input.slot, SpawnStep::terminal,
                 syscall(__NR_ioctl, input.controlling_fd, terminal_set_controlling, 0));
}

bool set_limits(const ChildInput& input, std::uint32_t first, std::uint32_t end) noexcept {
  for (std::uint32_t index = first; index < end; ++index) {
    const LimitSetting& limit = input.limits[index];
    const std::uint64_t values[2] = {limit.soft, limit.hard};
    if (!is_done(input.slot, SpawnStep::limit,
                 syscall(__NR_prlimit64, 0, limit.resource, &values[0], nullptr),
                 static_cast<std::uint32_t>(limit.resource))) {
      return false;
    }
  }
  return true;
}

bool set_nice(const ChildInput& input) noexcept {
  return !input.has_nice || is_done(input.slot, SpawnStep::nice,
                                    syscall(__NR_setpriority, prio_process, 0, input.nice));
}

bool set_affinity(const ChildInput& input) noexcept {
  return input.affinity == nullptr ||
         is_done(input.slot, SpawnStep::affinity,
                 syscall(__NR_sched_setaffinity, 0, input.affinity_bytes, input.affinity));
}

bool set_scheduler(const ChildInput& input) noexcept {
  return input.scheduling_policy < 0 ||
         is_done(input.slot, SpawnStep::scheduler,
                 syscall(__NR_sched_setscheduler, 0, input.scheduling_policy,
                         &input.scheduling_priority));
}

bool set_oom_score(const ChildInput& input) noexcept {
  return input.oom_score == nullptr || is_done(input.slot, SpawnStep::oom_score,
                                               write_file(at_fdcwd, "/proc/self/oom_score_adj",
                                                          input.oom_score, input.oom_score_bytes));
}

bool set_attributes(const ChildInput& input) noexcept {
  if (input.umask >= 0) {
    syscall(__NR_umask, input.umask);
  }
  return set_limits(input, 0, input.early_limit_count) && set_nice(input) && set_affinity(input) &&
         set_scheduler(input) && set_oom_score(input);
}

bool enter_directories(const ChildInput& input) noexcept {
  if (input.root != nullptr &&
      !is_done(input.slot, SpawnStep::root, syscall(__NR_chroot, input.root))) {
    return false;
  }
  if (input.directory_path != nullptr) {
    return is_done(input.slot, SpawnStep::directory, syscall(__NR_chdir, input.directory_path));
  }
  return input.directory_fd < 0 ||
         is_done(input.slot, SpawnStep::directory, syscall(__NR_fchdir, input.directory_fd));
}

bool bind_to_parent(const ChildInput& input) noexcept {
  if (input.parent_death_signal == 0) {
    return true;
  }
  // After the ids, which clear it. A parent that died before this call sends nothing: hence the
  // look. From inside a pid namespace a parent outside is 0, alive or not.
  if (!is_done(input.slot, SpawnStep::parent_death,
               syscall(__NR_prctl, PR_SET_PDEATHSIG, input.parent_death_signal))) {
    return false;
  }
  const bool can_look = (input.namespaces & clone_newpid) == 0;
  const bool is_gone = can_look && syscall(__NR_getppid) != input.expected_parent;
  return is_done(input.slot, SpawnStep::parent_gone, is_gone ? -error_no_process : 0);
}

bool renounce_privileges(const ChildInput& input) noexcept {
  return !input.no_new_privileges || is_done(input.slot, SpawnStep::no_new_privileges,
                                             syscall(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

// Member by member: an empty initialiser becomes a call of memset without optimisation.
void clear(KernelSigaction& action) noexcept {
  action.handler = 0;
  action.flags = 0;
  action.restorer = 0;
  action.mask = 0;
}

bool stays_ignored(const ChildInput& input, int number) noexcept {
  const std::uint64_t bit = std::uint64_t{1} << (number - 1);
  if ((input.ignored & bit) != 0) {
    return true;
  }
  if ((input.keep_ignored & bit) == 0) {
    return false;
  }
  KernelSigaction now;  // NOLINT(cppcoreguidelines-pro-type-member-init): see clear().
  clear(now);
  syscall(__NR_rt_sigaction, number, nullptr, &now, sizeof now.mask);
  return now.handler == signal_ignore;
}

/// Signals that are as they shall be: they can be at their default or ignored only, and may be
/// both.
std::uint64_t settled_signals(const ChildInput& input) noexcept {
  constexpr std::uint64_t unchangeable =
      std::uint64_t{1} << (signal_kill - 1) | std::uint64_t{1} << (signal_stop - 1);
  return input.has_no_handlers ? (input.keep_ignored & ~input.ignored) | unchangeable
                               : unchangeable;
}

/// A call for each signal that is not settled: there is none that resets what is ignored, and none
/// that tells it for all at once. Each counts, as a shell leaves alone what it finds ignored.
void reset_signals(const ChildInput& input) noexcept {
  const std::uint64_t settled = settled_signals(input);
  for (int number = 1; number <= signal_count; ++number) {
    if ((settled >> (number - 1) & 1) != 0) {
      continue;
    }
    KernelSigaction wanted;  // NOLINT(cppcoreguidelines-pro-type-member-init): see clear().
    clear(wanted);
    if (stays_ignored(input, number)) {
      wanted.handler = signal_ignore;
    }
    syscall(__NR_rt_sigaction, number, &wanted, nullptr, sizeof wanted.mask);
  }
}

bool run_pre_exec(const ChildInput& input) noexcept {
  return input.pre_exec == nullptr ||
         is_done(input.slot, SpawnStep::pre_exec, -input.pre_exec(input.pre_exec_context));
}

/// All but the signals and the exec.
bool prepare(const ChildInput& input) noexcept {
  return enter_cgroup(input) && settle_in_namespaces(input) && enter_session(input) &&
         take_foreground(input) && take_terminal(input) && set_attributes(input) &&
         enter_directories(input) && place_descriptors(input) &&
         set_limits(input, input.early_limit_count, input.limit_count) && set_identity(input) &&
         bind_to_parent(input) && renounce_privileges(input);
}

}  // namespace

void prepare_and_execute(const ChildInput& input) noexcept {
  if (!prepare(input)) {
    return;
  }
  close_others_on_exec(input);
  reset_signals(input);
  if (!run_pre_exec(input)) {
    return;
  }
  if (input.reached_exec != nullptr) {
    store(*input.reached_exec, 1);
  }
  syscall(__NR_rt_sigprocmask, signal_setmask, &input.final_mask, nullptr, sizeof input.final_mask);
  execute_program(input);
}

void run_child(const ChildInput& input) noexcept {
  if (input.stores_own_pid) {
    store(input.slot->pid, static_cast<std::int32_t>(syscall(__NR_getpid)));
  }
  prepare_and_execute(input);
  while (true) {
    syscall(__NR_exit_group, exit_code);
  }
}

}  // namespace tend::os::raw
