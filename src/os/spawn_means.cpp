#include "os/spawn_means.hpp"

#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/child_stack.hpp"
#include "os/environment.hpp"
#include "os/eventfd.hpp"
#include "os/fd.hpp"
#include "os/pidfd.hpp"
#include "os/raw/clone.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/spawn_probe.hpp"
#include "os/raw/syscall.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

/// pid in the upper half; in the lower one bit for "known" and one for each member.
std::atomic<std::uint64_t> remembered{0};

std::uint64_t packed(SpawnMeans means) {
  const auto pid = static_cast<std::uint64_t>(raw::syscall(__NR_getpid));
  return pid << 32U | 1U | std::uint64_t{means.has_clone3} << 1U |
         std::uint64_t{means.shares_memory} << 2U | std::uint64_t{means.suspends_parent} << 3U |
         std::uint64_t{means.has_pidfd} << 4U | std::uint64_t{means.signals_by_pidfd} << 5U |
         std::uint64_t{means.makes_own_table} << 6U;
}

SpawnMeans unpacked(std::uint64_t value) {
  const auto bit = [value](unsigned number) { return (value >> number & 1U) != 0; };
  return SpawnMeans{.has_clone3 = bit(1),
                    .shares_memory = bit(2),
                    .suspends_parent = bit(3),
                    .has_pidfd = bit(4),
                    .signals_by_pidfd = bit(5),
                    .makes_own_table = bit(6)};
}

using Clone = long (*)(const raw::CloneRequest&, raw::ChildFunction, const void*) noexcept;

/// One way to make a child, and what came of it.
struct Way {
  Clone clone = nullptr;
  bool wants_pidfd = false;
};

struct Outcome {
  bool shares_memory = false;
  bool is_reaped_by_pidfd = false;
  bool signals_by_pidfd = false;
};

/// exit_signal 0: only __WALL or __WCLONE sees such a child, so no waitpid(-1) of the host does.
void reap_by_pid(long pid) {
  while (raw::syscall(__NR_wait4, pid, nullptr, __WALL, nullptr) == -EINTR) {
  }
}

/// A child that does what the mark says and ends.
Result<Outcome> probe(const Way& way, std::uint64_t flags, const ChildStack& stack,
                      raw::ProbeMark& mark) {
  std::int32_t pidfd_number = -1;
  const raw::CloneRequest request = {.flags = flags | raw::clone_vm | raw::clone_vfork |
                                              raw::clone_clear_sighand |
                                              (way.wants_pidfd ? raw::clone_pidfd : 0),
                                     .exit_signal = 0,
                                     .pidfd = &pidfd_number,
                                     .stack = stack.lowest(),
                                     .stack_bytes = stack.bytes()};
  const SignalSet before = block_all_signals();
  const long pid = way.clone(request, raw::run_probe, &mark);
  set_signal_mask(before);
  if (pid < 0) {
    return failed("clone", "probe", static_cast<int>(-pid));
  }
  // Kernels that do not know CLONE_PIDFD take no notice of it in clone.
  const Fd pidfd(pidfd_number);
  Outcome outcome{.shares_memory = raw::was_seen(mark)};
  if (pidfd) {
    outcome.signals_by_pidfd = send_signal(pidfd, 0).has_value();
    const auto reaped = reap(pidfd, Waiting::yes);
    outcome.is_reaped_by_pidfd = reaped && *reaped;
  }
  if (!outcome.is_reaped_by_pidfd) {
    reap_by_pid(pid);
  }
  return outcome;
}

/// Whether a child can leave our table of descriptors without touching it: seen by what becomes of
/// a descriptor that the child closes.
Result<bool> find_own_table(const Way& way, const ChildStack& stack) {
  Fd sacrificed = TEND_TRY(make_eventfd());
  raw::ProbeMark mark{.sacrificed = sacrificed.get()};
  const auto outcome = probe(way, raw::clone_files, stack, mark);
  if (!outcome && !is_refusal_of_means(outcome.error().code)) {
    return std::unexpected(outcome.error());
  }
  if (!is_open_descriptor(sacrificed.get())) {
    static_cast<void>(sacrificed.release());
    return false;
  }
  return outcome && outcome->shares_memory && mark.has_own_table != 0;
}

Result<SpawnMeans> find_means() {
  const ChildStack stack = TEND_TRY(ChildStack::make());
  constexpr std::array ways{
      Way{.clone = raw::clone_by_clone3, .wants_pidfd = true},
      Way{.clone = raw::clone_by_clone, .wants_pidfd = true},
      Way{.clone = raw::clone_by_clone3, .wants_pidfd = false},
      Way{.clone = raw::clone_by_clone, .wants_pidfd = false},
  };
  Error refusal{};
  for (const Way& way : ways) {
    raw::ProbeMark mark;
    auto outcome = probe(way, 0, stack, mark);
    if (!outcome && !is_refusal_of_means(outcome.error().code)) {
      return std::unexpected(std::move(outcome).error());
    }
    if (!outcome) {
      refusal = std::move(outcome).error();
      continue;
    }
    if (way.wants_pidfd && !outcome->is_reaped_by_pidfd) {
      continue;
    }
    return SpawnMeans{
        .has_clone3 = way.clone == raw::clone_by_clone3,
        .shares_memory = outcome->shares_memory,
        .suspends_parent = outcome->shares_memory,
        .has_pidfd = way.wants_pidfd,
        .signals_by_pidfd = outcome->signals_by_pidfd,
        .makes_own_table = outcome->shares_memory && TEND_TRY(find_own_table(way, stack))};
  }
  return std::unexpected(std::move(refusal));
}

SpawnMeans forced(SpawnMeans found) {
  const auto environment = own_environment();
  const std::string_view wish = find_variable(environment, "TEND_SPAWN_LEVEL").value_or("");
  if (wish == "2") {
    found.has_clone3 = false;
  } else if (wish.starts_with('3')) {
    found.shares_memory = false;
    found.has_clone3 = found.has_clone3 && wish != "3-clone";
    found.suspends_parent = found.suspends_parent && wish != "3-pipe";
  } else if (wish == "4") {
    found.has_pidfd = false;
    found.signals_by_pidfd = false;
  }
  return found;
}

}  // namespace

SpawnLevel SpawnMeans::level() const noexcept {
  if (!has_pidfd) {
    return SpawnLevel::no_pidfd;
  }
  if (!shares_memory) {
    return SpawnLevel::copied_memory;
  }
  return has_clone3 ? SpawnLevel::shared_memory : SpawnLevel::shared_memory_by_clone;
}

bool is_refusal_of_means(int code) noexcept {
  return code == ENOSYS || code == EPERM || code == EINVAL || code == E2BIG || code == EOPNOTSUPP;
}

Result<SpawnMeans> spawn_means() {
  const std::uint64_t known = remembered.load(std::memory_order_acquire);
  if (known >> 32U == static_cast<std::uint64_t>(raw::syscall(__NR_getpid))) {
    return unpacked(known);
  }
  const SpawnMeans means = forced(TEND_TRY(find_means()));
  remembered.store(packed(means), std::memory_order_release);
  return means;
}

void forget_spawn_means() noexcept { remembered.store(0, std::memory_order_release); }

}  // namespace tend::os
