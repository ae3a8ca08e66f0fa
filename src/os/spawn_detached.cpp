#include "os/spawn_detached.hpp"

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "os/child_stack.hpp"
#include "os/files.hpp"
#include "os/id_maps.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/raw/clone.hpp"
#include "os/raw/detach_child.hpp"
#include "os/raw/syscall.hpp"
#include "os/signals.hpp"
#include "os/spawn.hpp"
#include "os/spawn_check.hpp"
#include "os/spawn_means.hpp"
#include "os/spawn_plan.hpp"

namespace tend::os {

namespace {

struct Pipes {
  Pipe pid{};
  Pipe completion{};
  Pipe release{};
  Pipe maps_written{};
};

Result<Pipes> make_pipes(const SpawnOptions& options) {
  Pipes pipes;
  pipes.pid = TEND_TRY(make_pipe());
  pipes.completion = TEND_TRY(make_pipe());
  pipes.release = TEND_TRY(make_pipe());
  if (options.namespaces.has_maps()) {
    pipes.maps_written = TEND_TRY(make_pipe());
  }
  return pipes;
}

/// The process between, as long as it is ours to reap.
class Detacher {
 public:
  static Result<Detacher> start(const raw::DetachInput& input, const std::string& program) {
    // Without exit signal: only __WALL sees it, so no waitpid(-1) of the host does.
    const raw::CloneRequest request = {.exit_signal = 0};
    const SignalSet before = block_all_signals();
    const long pid = input.has_clone3 ? raw::clone_by_clone3(request, raw::run_detacher, &input)
                                      : raw::clone_by_clone(request, raw::run_detacher, &input);
    set_signal_mask(before);
    if (pid < 0) {
      return failed("clone", program, static_cast<int>(-pid));
    }
    return Detacher(pid);
  }

  Detacher(Detacher&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Detacher& operator=(Detacher&&) = delete;
  Detacher(const Detacher&) = delete;
  Detacher& operator=(const Detacher&) = delete;

  /// It has been released before, or ends by itself.
  ~Detacher() {
    if (pid_ == 0) {
      return;
    }
    while (raw::syscall(__NR_wait4, pid_, nullptr, __WALL, nullptr) == -EINTR) {
    }
  }

 private:
  explicit Detacher(long pid) noexcept : pid_(pid) {}

  long pid_;
};

/// The pid of the program; nothing: there is none.
std::optional<std::int32_t> receive_pid(const Fd& pipe) {
  std::array<char, sizeof(std::int32_t)> bytes{};
  const auto count = read_some(pipe, bytes);
  if (!count || *count != bytes.size()) {
    return std::nullopt;
  }
  std::int32_t pid = 0;
  std::memcpy(&pid, bytes.data(), bytes.size());
  return pid;
}

Result<> give_maps(std::int32_t pid, const SpawnOptions& options, Pipe release) {
  if (!release.write) {
    return {};
  }
  TEND_TRY(write_id_maps(pid, options.namespaces));
  return write_all(release.write, "1");
}

/// What the program is held by, if it has come as far as exec.
Result<Detached> result_of(std::int32_t pid, const raw::ChildInput& input,
                           const SpawnOptions& options) {
  if (auto failure = failure_in(*input.slot, options)) {
    return std::unexpected(*std::move(failure));
  }
  if (__atomic_load_n(input.reached_exec, __ATOMIC_ACQUIRE) == 0 || ended_before_exec(pid)) {
    return refused("exec", options.program, "ended before it could be executed");
  }
  auto pidfd = open_pidfd(pid);
  return Detached{.pid = pid, .pidfd = pidfd ? *std::move(pidfd) : Fd()};
}

}  // namespace

Result<Detached> spawn_detached(const SpawnOptions& options) {
  TEND_TRY(check_not_frozen(options));
  const SpawnMeans means = TEND_TRY(spawn_means());
  const SharedSlot slot = TEND_TRY(SharedSlot::make());
  Pipes pipes = TEND_TRY(make_pipes(options));
  const std::array<int, 1> kept{pipes.completion.write.get()};
  SpawnPlan plan = TEND_TRY(SpawnPlan::make(options, kept));
  raw::ChildInput input = plan.input();
  input.slot = &*slot;
  input.reached_exec = &slot.reached_exec();
  input.cgroup_fd = options.cgroup == nullptr ? -1 : options.cgroup->get();
  input.maps_written_fd = pipes.maps_written.read.get();
  input.maps_writer_fd = pipes.maps_written.write.get();
  const raw::DetachInput detach = {.child = &input,
                                   .has_clone3 = means.has_clone3,
                                   .pid_fd = pipes.pid.write.get(),
                                   .completion_fd = pipes.completion.write.get(),
                                   .release_fd = pipes.release.read.get(),
                                   .release_writer_fd = pipes.release.write.get()};

  const Detacher detacher = TEND_TRY(Detacher::start(detach, options.program));
  // Before the detacher is waited for, it is released, whatever happens.
  const Fd release = std::move(pipes.release.write);
  pipes.pid.write.reset();
  pipes.completion.write.reset();
  const auto pid = receive_pid(pipes.pid.read);
  if (!pid) {
    const auto failure = failure_in(*slot, options);
    return failure ? std::unexpected(*failure)
                   : refused("clone", options.program, "the process between was killed");
  }
  const auto mapped = give_maps(*pid, options, std::move(pipes.maps_written));
  std::array<char, 1> nothing{};
  static_cast<void>(read_some(pipes.completion.read, nothing));  // Until end of file.
  auto detached = result_of(*pid, input, options);
  return mapped ? std::move(detached) : std::unexpected(mapped.error());
}

}  // namespace tend::os
