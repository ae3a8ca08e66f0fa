#include "os/spawn_means.hpp"

#include <sys/wait.h>

#include <atomic>
#include <string>

#include "os/child_stack.hpp"
#include "os/environment.hpp"
#include "os/fd.hpp"
#include "os/raw/clone.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/spawn_probe.hpp"
#include "os/raw/syscall.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

/// pid in the upper half, then one byte each: known, level, clone3, suspends.
std::atomic<std::uint64_t> remembered{0};

std::uint64_t packed(SpawnMeans means) {
  const auto pid = static_cast<std::uint64_t>(raw::syscall(__NR_getpid));
  return pid << 32U | 1U | static_cast<std::uint64_t>(means.level) << 8U |
         std::uint64_t{means.has_clone3} << 16U | std::uint64_t{means.suspends_parent} << 24U;
}

SpawnMeans unpacked(std::uint64_t value) {
  return SpawnMeans{.level = static_cast<SpawnLevel>(value >> 8U & 0xffU),
                    .has_clone3 = (value >> 16U & 1U) != 0,
                    .suspends_parent = (value >> 24U & 1U) != 0};
}

enum class Outcome { shares_memory, copies_memory, refused };

using Clone = long (*)(const raw::CloneRequest&, raw::ChildFunction, const void*) noexcept;

/// A child that only writes a number into our memory and ends.
Outcome probe(Clone clone, const ChildStack& stack) {
  raw::ProbeMark mark;
  std::int32_t pidfd_number = -1;
  const raw::CloneRequest request = {
      .flags = raw::clone_vm | raw::clone_vfork | raw::clone_pidfd | raw::clone_clear_sighand,
      .exit_signal = 0,
      .pidfd = &pidfd_number,
      .stack = stack.lowest(),
      .stack_bytes = stack.bytes()};
  const long pid = clone(request, raw::run_probe, &mark);
  if (pid < 0) {
    return Outcome::refused;
  }
  const Fd pidfd(pidfd_number);
  // exit_signal 0: only __WALL or __WCLONE sees such a child, so no waitpid(-1) of the host does.
  while (raw::syscall(__NR_wait4, pid, nullptr, __WALL, nullptr) == -4) {  // EINTR
  }
  return raw::was_seen(mark) ? Outcome::shares_memory : Outcome::copies_memory;
}

SpawnMeans find_means() {
  const auto stack = ChildStack::make();
  if (!stack) {
    return SpawnMeans{};
  }
  const SignalSet before = block_all_signals();
  const Outcome modern = probe(raw::clone_by_clone3, *stack);
  const Outcome older = modern == Outcome::refused ? probe(raw::clone_by_clone, *stack) : modern;
  set_signal_mask(before);
  const bool has_clone3 = modern != Outcome::refused;
  return SpawnMeans{.level = modern == Outcome::shares_memory ? SpawnLevel::shared_memory
                                                              : SpawnLevel::copied_memory,
                    .has_clone3 = has_clone3,
                    .suspends_parent = older == Outcome::shares_memory};
}

SpawnMeans forced(SpawnMeans found) {
  const auto environment = own_environment();
  const auto wish = find_variable(environment, "TEND_SPAWN_LEVEL");
  if (!wish) {
    return found;
  }
  if (*wish == "1" && found.has_clone3) {
    found.level = SpawnLevel::shared_memory;
  } else if (wish->starts_with('3')) {
    found.level = SpawnLevel::copied_memory;
    found.has_clone3 = found.has_clone3 && *wish != "3-clone";
    found.suspends_parent = found.suspends_parent && *wish != "3-pipe";
  }
  return found;
}

}  // namespace

SpawnMeans spawn_means() {
  const std::uint64_t known = remembered.load(std::memory_order_acquire);
  if (known >> 32U == static_cast<std::uint64_t>(raw::syscall(__NR_getpid))) {
    return unpacked(known);
  }
  const SpawnMeans means = forced(find_means());
  remembered.store(packed(means), std::memory_order_release);
  return means;
}

void forget_spawn_means() noexcept { remembered.store(0, std::memory_order_release); }

}  // namespace tend::os
