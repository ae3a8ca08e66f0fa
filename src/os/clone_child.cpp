#include "os/clone_child.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "os/exit_watch.hpp"
#include "os/numbered_process.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/own_table.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

// The kernel copies a table of descriptors in steps of this size.
constexpr std::uint32_t small_table = 64;

/// The highest descriptor that the child side works with before exec.
std::int32_t highest_descriptor(const raw::ChildInput& input, const Fd* cgroup) {
  std::int32_t highest =
      std::max({std::int32_t{2}, input.directory_fd, input.foreground_fd, input.controlling_fd,
                input.maps_written_fd, input.maps_writer_fd});
  for (std::uint32_t index = 0; index < input.source_count; ++index) {
    highest = std::max(highest, input.sources[index].number);
  }
  return cgroup == nullptr ? highest : std::max(highest, cgroup->get());
}

/// Whether the child begins with our table of descriptors: only while it shares our memory too, and
/// so also our fate, and while we wait and change nothing in it. What it needs must lie low, for
/// the rest is what it saves by not copying.
bool begins_with_our_table(const raw::CloneRequest& request, const raw::OwnTableInput& own,
                           SpawnMeans means) {
  constexpr std::uint64_t shared_and_waited_for = raw::clone_vm | raw::clone_vfork;
  return means.makes_own_table &&
         (request.flags & shared_and_waited_for) == shared_and_waited_for &&
         own.first_unneeded <= small_table;
}

/// A table that begins without the unneeded has only what the child itself puts there beyond: what
/// it is to have, and copies that exec closes.
void leave_out_holes(raw::ChildInput& input, std::uint32_t first_unneeded) {
  while (input.hole_count > 0 && input.holes[input.hole_count - 1].first >= first_unneeded) {
    --input.hole_count;
  }
}

std::int64_t clone_once(const raw::CloneRequest& request, const raw::OwnTableInput& own,
                        SpawnMeans means) {
  const auto clone = means.has_clone3 ? raw::clone_by_clone3 : raw::clone_by_clone;
  return (request.flags & raw::clone_files) == 0
             ? clone(request, raw::run_child_function, own.child)
             : clone(request, raw::run_child_with_own_table, &own);
}

/// Kernels before 5.7 do not know CLONE_INTO_CGROUP; there the child moves itself.
bool is_unknown_flag(std::int64_t result) { return result == -EINVAL || result == -E2BIG; }

bool is_answer_about_cgroup(std::int64_t result) {
  return result == -EBUSY || result == -EACCES || result == -ENOENT || result == -EBADF ||
         result == -EOPNOTSUPP || result == -ENODEV;
}

/// What our child is held by.
Fd held(std::int32_t pid, Fd pidfd, std::optional<ExitWatch> watch, SpawnMeans means) {
  if (watch) {
    return std::move(*watch).of(pid);
  }
  if (!means.signals_by_pidfd) {
    static_cast<void>(bind_to_process(pidfd, pid));
  }
  return pidfd;
}

}  // namespace

Cloned clone_child(raw::CloneRequest request, raw::ChildInput& input, const Fd* cgroup,
                   SpawnMeans means) {
  std::optional<ExitWatch> watch;
  if (!means.has_pidfd) {
    if ((request.flags & raw::clone_parent) != 0) {
      return {.pid_or_error = -ENOSYS};  // Only a pidfd could hold a child that is not ours.
    }
    auto started = ExitWatch::start();
    if (!started) {
      return {.pid_or_error = -started.error().code};
    }
    watch.emplace(*std::move(started));
  }
  std::int32_t pidfd_number = -1;
  request.flags |=
      raw::clone_clear_sighand | input.namespaces | (means.has_pidfd ? raw::clone_pidfd : 0);
  request.pidfd = &pidfd_number;
  const raw::OwnTableInput own{
      .child = &input,
      .first_unneeded = static_cast<std::uint32_t>(highest_descriptor(input, cgroup)) + 1};
  if (begins_with_our_table(request, own, means)) {
    request.flags |= raw::clone_files;
    leave_out_holes(input, own.first_unneeded);
  }
  input.has_no_handlers = means.has_clone3;
  input.stores_own_pid = !means.has_clone3 && request.parent_tid != nullptr;
  input.cgroup_fd = cgroup != nullptr && !means.has_clone3 ? cgroup->get() : -1;
  if (cgroup != nullptr && means.has_clone3) {
    request.flags |= raw::clone_into_cgroup;
    request.cgroup_fd = cgroup->get();
  }

  const SignalSet before = block_all_signals();
  std::int64_t result = clone_once(request, own, means);
  if (is_unknown_flag(result) && request.cgroup_fd >= 0) {
    request.flags &= ~raw::clone_into_cgroup;
    request.cgroup_fd = -1;
    input.cgroup_fd = cgroup->get();
    result = clone_once(request, own, means);
  }
  set_signal_mask(before);

  Cloned cloned{.pid_or_error = result};
  if (result > 0) {
    cloned.pidfd =
        held(static_cast<std::int32_t>(result), Fd(pidfd_number), std::move(watch), means);
  } else {
    cloned.is_about_cgroup = request.cgroup_fd >= 0 && is_answer_about_cgroup(result);
  }
  return cloned;
}

}  // namespace tend::os
