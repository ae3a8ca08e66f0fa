#include "os/clone_child.hpp"

#include <cerrno>

#include "os/raw/kernel.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

std::int64_t clone_once(const raw::CloneRequest& request, const raw::ChildInput& input,
                        SpawnMeans means) {
  return means.has_clone3 ? raw::clone_by_clone3(request, raw::run_child_function, &input)
                          : raw::clone_by_clone(request, raw::run_child_function, &input);
}

/// Kernels before 5.7 do not know CLONE_INTO_CGROUP; there the child moves itself.
bool is_unknown_flag(std::int64_t result) { return result == -EINVAL || result == -E2BIG; }

bool is_answer_about_cgroup(std::int64_t result) {
  return result == -EBUSY || result == -EACCES || result == -ENOENT || result == -EBADF ||
         result == -EOPNOTSUPP || result == -ENODEV;
}

}  // namespace

Cloned clone_child(raw::CloneRequest request, raw::ChildInput& input, const Fd* cgroup,
                   SpawnMeans means) {
  std::int32_t pidfd_number = -1;
  request.flags |= raw::clone_pidfd | raw::clone_clear_sighand;
  request.pidfd = &pidfd_number;
  input.stores_own_pid = !means.has_clone3 && request.parent_tid != nullptr;
  input.cgroup_fd = cgroup != nullptr && !means.has_clone3 ? cgroup->get() : -1;
  if (cgroup != nullptr && means.has_clone3) {
    request.flags |= raw::clone_into_cgroup;
    request.cgroup_fd = cgroup->get();
  }

  const SignalSet before = block_all_signals();
  std::int64_t result = clone_once(request, input, means);
  if (is_unknown_flag(result) && request.cgroup_fd >= 0) {
    request.flags &= ~raw::clone_into_cgroup;
    request.cgroup_fd = -1;
    input.cgroup_fd = cgroup->get();
    result = clone_once(request, input, means);
  }
  set_signal_mask(before);

  Cloned cloned{.pid_or_error = result};
  if (result > 0) {
    cloned.pidfd = Fd(pidfd_number);
  } else {
    cloned.is_about_cgroup = request.cgroup_fd >= 0 && is_answer_about_cgroup(result);
  }
  return cloned;
}

}  // namespace tend::os
