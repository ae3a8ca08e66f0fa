#include <tend/wait_any.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/poll.hpp"
#include "os/watch_set.hpp"
#include "process/end_of_wait.hpp"

namespace tend {

namespace {

/// How often one without a pidfd is looked at.
constexpr std::chrono::milliseconds look_again{10};

template <typename Process>
std::vector<os::PollEntry> entries_of(std::span<const Process* const> processes) {
  std::vector<os::PollEntry> entries;
  for (const Process* process : processes) {
    entries.push_back({.fd = &process->pidfd()});
  }
  return entries;
}

/// Of those that have no pidfd: which has ended.
Result<std::optional<std::size_t>> look_at_unheld(std::span<const Child* const> /*children*/) {
  return std::nullopt;  // A Child always has something to poll.
}

Result<std::optional<std::size_t>> look_at_unheld(std::span<const ProcessHandle* const> processes) {
  for (std::size_t index = 0; index < processes.size(); ++index) {
    if (!processes[index]->pidfd() && !TEND_TRY(processes[index]->is_running())) {
      return index;
    }
  }
  return std::nullopt;
}

template <typename Process>
Result<std::optional<std::size_t>> any_of(std::span<const Process* const> processes, Until until) {
  if (processes.empty()) {
    return std::nullopt;
  }
  const auto deadline = process::end_of_wait(until);
  const bool is_held = std::ranges::all_of(
      processes, [](const Process* process) { return process->pidfd().is_open(); });
  auto entries = entries_of(processes);
  while (true) {
    const os::Instant next = os::monotonic_now() + look_again;
    const auto wake = is_held ? deadline : std::min(deadline.value_or(next), next);
    if (TEND_TRY(os::poll_any(entries, wake))) {
      const auto ready = std::ranges::find_if(entries, &os::PollEntry::is_ready);
      return static_cast<std::size_t>(ready - entries.begin());
    }
    if (const auto index = TEND_TRY(look_at_unheld(processes))) {
      return index;
    }
    if (deadline && os::monotonic_now() >= *deadline) {
      return std::nullopt;
    }
  }
}

template <typename Process>
Result<bool> all_of(std::span<const Process* const> processes, Until until) {
  // One after the other: the last one to end decides, whatever the order.
  const auto deadline = process::end_of_wait(until);
  for (const Process* process : processes) {
    const Until rest = deadline ? Until(*deadline) : Until();
    if (!TEND_TRY(any_of(std::span<const Process* const>(&process, 1), rest))) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<std::optional<std::size_t>> wait_any(std::span<const Child* const> children, Until until) {
  return any_of(children, until);
}

Result<std::optional<std::size_t>> wait_any(std::span<const ProcessHandle* const> processes,
                                            Until until) {
  return any_of(processes, until);
}

Result<bool> wait_all(std::span<const Child* const> children, Until until) {
  return all_of(children, until);
}

Result<bool> wait_all(std::span<const ProcessHandle* const> processes, Until until) {
  return all_of(processes, until);
}

Result<WaitSet> WaitSet::make() { return WaitSet(TEND_TRY(os::make_watch_set())); }

Result<> WaitSet::add(Key key, const Fd& pidfd) {
  if (!pidfd) {
    return failed("watch", "process", ENOSYS);
  }
  if (pidfds_.contains(key)) {
    return failed("watch", "key " + std::to_string(key), EEXIST);
  }
  TEND_TRY(os::add_to_watch_set(epoll_, pidfd.get(), key));
  pidfds_.emplace(key, pidfd.get());
  return {};
}

Result<> WaitSet::add(Key key, const Child& child) { return add(key, child.pidfd()); }

Result<> WaitSet::add(Key key, const ProcessHandle& process) { return add(key, process.pidfd()); }

void WaitSet::remove(Key key) {
  const auto found = pidfds_.find(key);
  if (found != pidfds_.end()) {
    os::remove_from_watch_set(epoll_, found->second);
    pidfds_.erase(found);
  }
}

Result<std::optional<WaitSet::Key>> WaitSet::wait(Until until) {
  if (pidfds_.empty()) {
    return std::nullopt;
  }
  const auto key = TEND_TRY(os::wait_watch_set(epoll_, process::end_of_wait(until)));
  if (key) {
    remove(*key);
  }
  return key;
}

}  // namespace tend
