#include "jobs/local/guard.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/copy_process.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/pause.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/signals.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t slots_noted = 4096;
constexpr std::chrono::seconds hunt_time{10};
constexpr std::chrono::milliseconds look_again{10};
/// Looks in a row that find nobody: who forks and ends can slip through one.
constexpr int clean_looks = 3;

/// What the guard takes with it.
struct Watch {
  const os::Fd& lifeline;
  const os::SharedNumbers& leaders;
  std::string variable{};  ///< TEND_RUN=token
  std::uint64_t not_before_ticks = 0;
};

using Processes = std::vector<os::ProcStat>;

Processes living_processes(const Watch& watch) {
  Processes all;
  for (const std::int32_t pid : os::all_pids().value_or(std::vector<std::int32_t>{})) {
    auto stat = os::read_proc_stat(pid);
    if (stat && !stat->is_zombie() && stat->start_ticks >= watch.not_before_ticks &&
        pid != os::own_pid()) {
      all.push_back(*std::move(stat));
    }
  }
  return all;
}

std::set<std::int32_t> sessions_of(const Watch& watch) {
  std::set<std::int32_t> sessions;
  for (std::size_t index = 0; index < watch.leaders.count(); ++index) {
    if (const std::int32_t leader = watch.leaders.load(index); leader != 0) {
      sessions.insert(leader);
    }
  }
  return sessions;
}

bool is_marked(const Watch& watch, std::int32_t pid) {
  const auto environment = os::environment_of(pid);
  return environment && std::ranges::find(*environment, watch.variable) != environment->end();
}

/// The processes of our jobs: by session, by environment, and all that are below those.
std::vector<os::ProcStat> find_family(const Watch& watch, const std::set<std::int32_t>& sessions) {
  const Processes all = living_processes(watch);
  std::set<std::int32_t> family;
  for (const os::ProcStat& process : all) {
    if (sessions.contains(process.session) || is_marked(watch, process.pid)) {
      family.insert(process.pid);
    }
  }
  for (std::size_t before = 0; before != family.size();) {
    before = family.size();
    for (const os::ProcStat& process : all) {
      if (family.contains(process.parent)) {
        family.insert(process.pid);
      }
    }
  }
  Processes found;
  std::ranges::copy_if(all, std::back_inserter(found),
                       [&](const os::ProcStat& process) { return family.contains(process.pid); });
  return found;
}

void kill_process(const os::ProcStat& process) {
  const auto pidfd = os::open_pidfd(process.pid);
  // Looked at after the descriptor exists: from here on the pid cannot change hands unseen.
  const auto start = os::start_time_of(process.pid);
  if (pidfd && start && *start == process.start_ticks) {
    static_cast<void>(os::send_signal(*pidfd, SIGKILL));
  }
}

void hunt(const Watch& watch) {
  const std::set<std::int32_t> sessions = sessions_of(watch);
  const os::Instant deadline = os::monotonic_now() + hunt_time;
  for (int clean = 0; clean < clean_looks && os::monotonic_now() < deadline;) {
    const Processes found = find_family(watch, sessions);
    std::ranges::for_each(found, kill_process);
    clean = found.empty() ? clean + 1 : 0;
    os::pause_for(look_again);
  }
}

[[noreturn]] void guard_main(void* argument) {
  const Watch& watch = *static_cast<const Watch*>(argument);
  // Ctrl-C and the like are for the one who is guarded.
  os::block_all_signals();
  os::set_process_name("tend-guard");
  std::array<char, 1> word{};
  const auto count = os::read_some(watch.lifeline, word);
  if (count && *count == 0) {
    hunt(watch);  // The pipe broke without a word.
  }
  os::leave_process(0);
}

}  // namespace

Result<std::unique_ptr<Guard>> Guard::start(const std::string& token) {
  os::Pipe pipe = TEND_TRY(os::make_pipe());
  os::SharedNumbers leaders = TEND_TRY(os::SharedNumbers::make(slots_noted));
  Watch watch{.lifeline = pipe.read,
              .leaders = leaders,
              .variable = "TEND_RUN=" + token,
              .not_before_ticks = TEND_TRY(os::start_time_of(os::own_pid()))};
  auto copy = os::copy_process(
      {.dies_with_thread = false, .kept_descriptors = std::vector<int>{pipe.read.get()}},
      guard_main, &watch);
  if (!copy) {
    copy.error().subject = "the guard that ends the jobs should tend be killed";
    return std::unexpected(copy.error());
  }
  return std::unique_ptr<Guard>(
      new Guard(std::move(pipe.write), std::move(copy->pidfd), std::move(leaders)));
}

Guard::~Guard() {
  static_cast<void>(os::write_without_signal(lifeline_, "x"));
  static_cast<void>(os::reap(pidfd_, os::Waiting::yes));
}

void Guard::note(unsigned slot, std::int32_t leader) noexcept {
  if (slot <= leaders_.count()) {
    leaders_.store(slot - 1, leader);
  }
}

}  // namespace tend::jobs
