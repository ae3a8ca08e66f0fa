#include "os/spawn.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/try.hpp"
#include "os/child_place.hpp"
#include "os/child_stack.hpp"
#include "os/clone_child.hpp"
#include "os/files.hpp"
#include "os/id_maps.hpp"
#include "os/lasting_thread.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/spawn_step.hpp"
#include "os/spawn_check.hpp"
#include "os/spawn_plan.hpp"

namespace tend::os {

namespace {

/// What clone says when it cannot make namespaces: no right to, none left, or not in this kernel.
bool is_about_namespaces(int code, const SpawnOptions& options) {
  return options.namespaces.flags != 0 &&
         (code == EPERM || code == ENOSPC || code == EUSERS || code == EINVAL);
}

std::unexpected<Error> clone_error(const Cloned& cloned, const SpawnOptions& options) {
  const int code = static_cast<int>(-cloned.pid_or_error);
  if (is_about_namespaces(code, options)) {
    return std::unexpected(
        describe_spawn_failure(raw::packed_step(raw::SpawnStep::namespaces, 0), code, options));
  }
  Error error{.step = cloned.is_about_cgroup ? "cgroup" : "clone",
              .subject = options.program,
              .code = code};
  if (cloned.is_about_cgroup && code == EOPNOTSUPP) {
    error.detail = "the group is of a type that takes no processes (cgroup.type)";
  } else if (cloned.is_about_cgroup && code == EBUSY) {
    error.detail = "the group has controllers enabled for groups below it";
  } else if (code == ENOSYS) {
    error.detail = "there are no pidfds here, and nothing else could hold such a child";
  } else if (code == EAGAIN) {
    error.detail = "the limit of processes is reached (RLIMIT_NPROC, pids.max or pid_max)";
  }
  return std::unexpected(std::move(error));
}

std::int32_t load(const std::int32_t& place) { return __atomic_load_n(&place, __ATOMIC_ACQUIRE); }

/// The child has executed, failed or been killed: which? When the parent wakes, a killed child may
/// not be a zombie yet, so it is not the pidfd that tells but how far the child has come.
Result<Spawned> result_of(Cloned cloned, const raw::ChildInput& input,
                          const SpawnOptions& options) {
  Spawned spawned{.pidfd = std::move(cloned.pidfd),
                  .pid = static_cast<std::int32_t>(cloned.pid_or_error)};
  if (auto failure = failure_in(*input.slot, options)) {
    // ECHILD: the host ignores SIGCHLD, so the kernel has reaped it.
    static_cast<void>(reap(spawned.pidfd, Waiting::yes));
    return std::unexpected(*std::move(failure));
  }
  const bool is_before_exec = load(*input.reached_exec) == 0;
  // Who exits by itself has executed, or has told its failure; only of the killed it is not known.
  const auto ended = status_before_reaping(spawned.pidfd);
  const bool was_killed = ended && ended->signal();
  if (is_before_exec || (was_killed && ended_before_exec(spawned.pid))) {
    const auto reaped = reap(spawned.pidfd, Waiting::yes);
    const std::string how = reaped && *reaped ? (*reaped)->status.description() : "ended";
    return refused("exec", options.program, how + " before it could be executed");
  }
  return spawned;
}

Result<Spawned> spawn_in_shared_memory(const SpawnOptions& options, SpawnMeans means,
                                       raw::ChildInput& input) {
  const ChildStack stack = TEND_TRY(ChildStack::make());
  raw::ChildSlot slot;
  std::int32_t reached_exec = 0;
  input.slot = &slot;
  input.reached_exec = &reached_exec;
  Cloned cloned = clone_child({.flags = raw::clone_vm | raw::clone_vfork,
                               .stack = stack.lowest(),
                               .stack_bytes = stack.bytes()},
                              input, options.cgroup, means);
  if (cloned.pid_or_error < 0) {
    return clone_error(cloned, options);
  }
  return result_of(std::move(cloned), input, options);
}

/// Lets a child go on that waits for its id maps.
Result<> give_maps(std::int64_t pid, const SpawnOptions& options, Pipe release) {
  if (!release.write) {
    return {};
  }
  TEND_TRY(write_id_maps(static_cast<std::int32_t>(pid), options.namespaces));
  // Our own read end is still open: should the child be dead, there is no SIGPIPE.
  return write_all(release.write, "1");
}

/// Pipes that a start needs beside the clone; closed where it does not.
struct StartPipes {
  Pipe completion{};    ///< Its end means that the child has executed, where CLONE_VFORK does not.
  Pipe maps_written{};  ///< See raw::ChildInput::maps_written_fd.
};

Result<Spawned> spawn_in_copied_memory(const SpawnOptions& options, SpawnMeans means,
                                       raw::ChildInput& input, StartPipes pipes) {
  const SharedSlot slot = TEND_TRY(SharedSlot::make());
  input.slot = &*slot;
  input.reached_exec = &slot.reached_exec();
  input.maps_written_fd = pipes.maps_written.read.get();
  input.maps_writer_fd = pipes.maps_written.write.get();
  Cloned cloned = clone_child({.flags = means.suspends_parent ? raw::clone_vfork : 0}, input,
                              options.cgroup, means);
  if (cloned.pid_or_error < 0) {
    return clone_error(cloned, options);
  }
  const auto mapped = give_maps(cloned.pid_or_error, options, std::move(pipes.maps_written));
  if (pipes.completion.read) {
    pipes.completion.write.reset();
    std::array<char, 1> nothing{};
    static_cast<void>(read_some(pipes.completion.read, nothing));  // Until end of file.
  }
  auto spawned = result_of(std::move(cloned), input, options);
  return mapped ? std::move(spawned) : std::unexpected(mapped.error());
}

Result<Spawned> spawn_once(const SpawnOptions& options, SpawnMeans means) {
  StartPipes pipes;
  if (options.namespaces.has_maps()) {
    means.suspends_parent = false;  // It has to write the maps.
    pipes.maps_written = TEND_TRY(make_pipe());
  }
  if (!means.suspends_parent) {
    pipes.completion = TEND_TRY(make_pipe());
  }
  const std::array<int, 1> kept{pipes.completion.write.get()};
  SpawnPlan plan =
      TEND_TRY(SpawnPlan::make(options, std::span(kept.data(), means.suspends_parent ? 0U : 1U)));
  raw::ChildInput input = plan.input();
  input.expected_parent = options.parent_death_signal == 0 ? 0 : own_pid();
  if (means.shares_memory && !needs_own_memory(options)) {
    return spawn_in_shared_memory(options, means, input);
  }
  return spawn_in_copied_memory(options, means, input, std::move(pipes));
}

/// What worked when the means were probed is refused now: a sandbox has been put up since.
bool is_refused_since(const Error& error) {
  return (error.step == raw::step_name(raw::SpawnStep::clone) ||
          error.step == raw::step_name(raw::SpawnStep::close_others)) &&
         is_refusal_of_means(error.code);
}

Result<Spawned> spawn_here(const SpawnOptions& options) {
  const SpawnMeans means = TEND_TRY(spawn_means());
  auto spawned = spawn_once(options, means);
  if (spawned || !is_refused_since(spawned.error())) {
    return spawned;
  }
  forget_spawn_means();
  const SpawnMeans fresh = TEND_TRY(spawn_means());
  if (fresh == means) {
    return spawned;
  }
  return spawn_once(options, fresh);
}

/// The lasting thread has CPUs and a nice value of its own; the child shall have those of the
/// caller.
SpawnOptions with_attributes_of_this_thread(SpawnOptions options) {
  if (!options.nice) {
    errno = 0;
    const int nice = ::getpriority(PRIO_PROCESS, 0);
    if (errno == 0) {
      options.nice = nice;
    }
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (options.cpus.empty() && ::sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
    for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &cpus)) {
        options.cpus.push_back(cpu);
      }
    }
  }
  return options;
}

/// Prepares the slot for a child of this run.
void clear(raw::ChildSlot& slot, std::uint32_t run) {
  __atomic_store_n(&slot.pid, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&slot.step, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&slot.error, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&slot.run, run, __ATOMIC_RELEASE);
}

/// What each child beside us is asked for.
raw::CloneRequest request_beside_us(raw::ChildSlot& slot) {
  return {.flags = raw::clone_parent | raw::clone_parent_settid,
          .exit_signal = 0,
          .parent_tid = &slot.pid};
}

Result<Cloned> clone_a_copy(const SpawnOptions& options, raw::ChildSlot& slot, const Fd& completion,
                            SpawnMeans means) {
  const std::array<int, 1> kept{completion.get()};
  SpawnPlan plan = TEND_TRY(SpawnPlan::make(options, kept));
  raw::ChildInput input = plan.input();
  input.slot = &slot;
  input.expected_parent = parent_pid();
  return clone_child(request_beside_us(slot), input, options.cgroup, means);
}

/// The child begins in our memory and we go on: no page of ours is copied. What it reads stays in a
/// place of its own until the kernel says that it has left.
Result<Cloned> clone_into_our_memory(const SpawnOptions& options, raw::ChildSlot& slot,
                                     const Fd& completion, SpawnMeans means) {
  ChildPlace* const place = TEND_TRY(free_child_place());
  if (place == nullptr) {
    return clone_a_copy(options, slot, completion, means);
  }
  place->options = options;
  place->options.cgroup = nullptr;  // Of the caller, for the clone only.
  const std::array<int, 1> kept{completion.get()};
  place->plan.emplace(TEND_TRY(SpawnPlan::make(place->options, kept)));
  place->input = place->plan->input();
  place->input.slot = &slot;
  place->input.expected_parent = parent_pid();
  raw::CloneRequest request = request_beside_us(slot);
  request.flags |= raw::clone_vm | raw::clone_child_cleartid;
  request.stack = place->stack.lowest();
  request.stack_bytes = place->stack.bytes();
  request.child_tid = &place->is_taken;
  place->is_taken = 1;
  Cloned cloned = clone_child(request, place->input, options.cgroup, means);
  if (cloned.pid_or_error < 0) {
    place->is_taken = 0;
  }
  place->plan->close_directory();
  return cloned;
}

}  // namespace

Result<Spawned> spawn(const SpawnOptions& options) {
  TEND_TRY(check_not_frozen(options));
  if (options.parent_death_signal == 0 || is_main_thread()) {
    return spawn_here(options);
  }
  const SpawnOptions full = with_attributes_of_this_thread(options);
  Result<Spawned> result;
  TEND_TRY(run_on_lasting_thread([&] { result = spawn_here(full); }));
  return result;
}

Result<Started> start_beside_us(const SpawnOptions& options, raw::ChildSlot& slot,
                                std::uint32_t run) {
  TEND_TRY(check_no_maps(options));
  const SpawnMeans means = TEND_TRY(spawn_means());
  Pipe completion = TEND_TRY(make_pipe());
  clear(slot, run);
  const auto start =
      means.shares_memory && !needs_own_memory(options) ? clone_into_our_memory : clone_a_copy;
  Cloned cloned = TEND_TRY(start(options, slot, completion.write, means));
  if (cloned.pid_or_error < 0) {
    return clone_error(cloned, options);
  }
  return Started{.pidfd = std::move(cloned.pidfd),
                 .pid = static_cast<std::int32_t>(cloned.pid_or_error),
                 .completion = std::move(completion.read)};
}

std::optional<Error> failure_in(const raw::ChildSlot& slot, const SpawnOptions& options) {
  const std::int32_t code = load(slot.error);
  if (code == 0) {
    return std::nullopt;
  }
  return describe_spawn_failure(load(slot.step), code, options);
}

bool ended_before_exec(std::int32_t pid) {
  const auto stat = read_proc_stat(pid);
  return stat && stat->is_zombie() && !stat->has_executed();
}

}  // namespace tend::os
