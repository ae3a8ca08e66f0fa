#include "os/copy_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "os/exit_watch.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/raw/calls.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

constexpr std::size_t descriptors_max = std::size_t{1} << 22;

/// close_range(2), Linux 5.9; whether it worked.
bool close_between(unsigned first, unsigned last) {
  return first > last || raw::syscall(__NR_close_range, first, last, 0) == 0;
}

/// Where a sandbox refuses close_range: one by one, as /proc lists them.
void close_listed(const std::vector<int>& kept) {
  auto names = std::vector<std::string>();
  if (const auto folder = open_directory("/proc/self/fd")) {
    names = list_directory(*folder, descriptors_max).value_or(names);
  }
  for (const std::string& name : names) {
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (!std::ranges::binary_search(kept, number)) {
      ::close(number);
    }
  }
}

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned first = 0;
  for (const int number : kept) {
    if (number < 0) {
      continue;
    }
    const auto next = static_cast<unsigned>(number);
    if (next > first && !close_between(first, next - 1)) {
      return close_listed(kept);
    }
    first = next + 1;
  }
  if (!close_between(first, ~0U)) {
    close_listed(kept);
  }
}

/// The gate that holds the copy back until its parent holds it by a descriptor.
struct Gate {
  Fd parent{};
  Fd copy{};
};

[[noreturn]] void run_copy(const CopyOptions& options, CopyFunction function, void* argument,
                           std::int32_t parent, Gate& gate) {
  ::setpgid(0, 0);
  reset_handlers();
  if (options.dies_with_thread) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  }
  gate.parent.reset();
  char go = 0;
  const auto count = read_some(gate.copy, std::span(&go, 1));
  if (!count || *count == 0 || (options.dies_with_thread && parent_pid() != parent)) {
    leave_process(EXIT_FAILURE);  // Nobody waits for us any more.
  }
  gate.copy.reset();
  if (options.kept_descriptors) {
    close_all_but(*options.kept_descriptors);
  }
  set_signal_mask({});
  function(argument);
  leave_process(EXIT_FAILURE);
}

/// A descriptor of our child, also where pidfds are refused.
Result<Fd> hold(std::int32_t pid) {
  auto pidfd = open_pidfd(pid);
  if (pidfd || pidfd.error().code == EMFILE || pidfd.error().code == ENFILE) {
    return pidfd;
  }
  ExitWatch watch = TEND_TRY(ExitWatch::start());
  return std::move(watch).of(pid);
}

/// Of a copy that waits at the gate: it ends when the gate closes.
Result<Spawned> hold_or_end(std::int32_t pid, Gate& gate) {
  gate.copy.reset();
  ::setpgid(pid, pid);
  auto held = hold(pid);
  if (!held) {
    gate.parent.reset();
    while (raw::waitid(P_PID, pid, nullptr, WEXITED, nullptr) == -EINTR) {
    }
    return std::unexpected(std::move(held).error());
  }
  // EPIPE: it was killed at the gate, which its status will tell.
  static_cast<void>(write_without_signal(gate.parent, "g"));
  return Spawned{.pidfd = *std::move(held), .pid = pid};
}

struct AtExit {
  void (*function)(int code, void* argument) = nullptr;
  void* argument = nullptr;
};

/// For quick_exit(3), whose handlers have no argument.
AtExit& quick_exit_call() {
  static AtExit call;
  return call;
}

void at_quick_exit_call() { quick_exit_call().function(-1, quick_exit_call().argument); }

}  // namespace

Result<Spawned> copy_process(const CopyOptions& options, CopyFunction function, void* argument) {
  Pipe pipe = TEND_TRY(make_pipe());
  Gate gate{.parent = std::move(pipe.write), .copy = std::move(pipe.read)};
  flush_streams();
  const std::int32_t parent = own_pid();
  const SignalSet before = block_all_signals();
  const pid_t pid = ::fork();
  const int code = errno;
  if (pid == 0) {
    run_copy(options, function, argument, parent, gate);
  }
  set_signal_mask(before);
  if (pid < 0) {
    return failed("fork", "", code);
  }
  return hold_or_end(pid, gate);
}

void leave_process(int code) noexcept { ::_exit(code); }

void flush_streams() noexcept { std::fflush(nullptr); }

void at_exit_first(void (*function)(int code, void* argument), void* argument) noexcept {
  ::on_exit(function, argument);
  quick_exit_call() = {.function = function, .argument = argument};
  ::at_quick_exit(at_quick_exit_call);
}

}  // namespace tend::os
