#include "os/start_child.hpp"

#include <signal.h>

#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "os/clone_child.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "os/spawn_check.hpp"
#include "os/spawn_plan.hpp"

namespace tend::os {

Result<StartedChild> start_child(const SpawnOptions& options) {
  TEND_TRY(check_no_maps(options));
  const SpawnMeans means = TEND_TRY(spawn_means());
  SharedSlot slot = TEND_TRY(SharedSlot::make());
  SpawnPlan plan = TEND_TRY(SpawnPlan::make(options));
  raw::ChildInput input = plan.input();
  input.slot = &*slot;
  input.expected_parent = own_pid();
  Cloned cloned = clone_child({}, input, options.cgroup, means);
  if (cloned.pid_or_error < 0) {
    return failed("clone", options.program, static_cast<int>(-cloned.pid_or_error));
  }
  return StartedChild{.pidfd = std::move(cloned.pidfd),
                      .pid = static_cast<std::int32_t>(cloned.pid_or_error),
                      .slot = std::move(slot)};
}

Result<> kill_group_of(const Fd& pidfd, std::int32_t pid) {
  if (pid <= 1) {
    return refused("kill", "group " + std::to_string(pid), "not the number of a child");
  }
  TEND_TRY(send_signal(pidfd, 0));
  // ESRCH: it has not made its group (yet), or has left it empty.
  if (::kill(-pid, SIGKILL) < 0 && errno != ESRCH) {
    return failed("kill", "group " + std::to_string(pid), errno);
  }
  return {};
}

}  // namespace tend::os
