#include "service/keeper/reaper.hpp"

#include <sys/wait.h>

#include "os/raw/calls.hpp"

namespace tend::service::keeper {

namespace raw = os::raw;

namespace {

constexpr int children_per_turn = 256;

bool contains(const int* pids, int pid) noexcept {
  for (; *pids != 0; ++pids) {
    if (*pids == pid) {
      return true;
    }
  }
  return false;
}

/// The leader of a run, as one value: the director may be rewriting the slot at the same time.
struct Leader {
  std::uint32_t index = no_record;
  std::uint32_t run = 0;
  int pid = 0;
};

/// A director that begins a run clears the pid, then sets the run, then clones. So a pid that was
/// read between two equal runs is the pid of that run. A slot in between has no leader.
Leader leader_in(const StateView& view, std::uint32_t index) noexcept {
  const ChildSlot& slot = view.slots[index];
  const std::uint32_t run = load_shared(slot.run);
  const int pid = load_shared(slot.pid);
  return {.index = index, .run = run, .pid = load_shared(slot.run) == run ? pid : 0};
}

bool is_reported(const StateView& view, const Leader& leader) noexcept {
  return view.reports[leader.index].run == leader.run;
}

bool is_acknowledged(const StateView& view, const Leader& leader) noexcept {
  return load_shared(view.acknowledged[leader.index]) >= leader.run;
}

/// Whether nothing is left to do about the leader, except perhaps to bury it.
bool is_dealt_with(const StateView& view, const Leader& leader) noexcept {
  return is_reported(view, leader) && is_acknowledged(view, leader);
}

/// The leader with this pid; `index` no_record if there is none. A slot keeps the pid of its last
/// run when that is buried, and the number may have become another leader's since: one that is
/// dealt with counts only if there is no other.
Leader leader_with(const StateView& view, int pid) noexcept {
  Leader found{};
  for (std::uint32_t i = 0; i < view.header->record_count; ++i) {
    if (load_shared(view.slots[i].pid) != pid) {
      continue;
    }
    const Leader leader = leader_in(view, i);
    if (leader.pid == pid && !is_dealt_with(view, leader)) {
      return leader;
    }
    found = leader.pid == pid ? leader : found;
  }
  return found;
}

std::uint64_t microseconds(const timeval& time) noexcept {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

void report(const StateView& view, const Leader& leader, const siginfo_t& info,
            const rusage& usage) noexcept {
  ExitReport& report = view.reports[leader.index];
  report.code = info.si_code;
  report.status = info.si_status;
  report.sequence = ++view.header->keeper.report_sequence;
  report.ended_ns = raw::monotonic_ns();
  report.user_us = microseconds(usage.ru_utime);
  report.system_us = microseconds(usage.ru_stime);
  report.max_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  // The run comes last: whoever sees it sees a whole report.
  store_shared(report.run, leader.run);
}

bool peek_own(void* /*self*/, int pid, siginfo_t& info, rusage& usage) noexcept {
  info = {};
  const long result =
      raw::waitid(pid == 0 ? P_ALL : P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, &usage);
  return result == 0 && info.si_pid != 0;
}

void bury_own(void* /*self*/, int pid) noexcept {
  siginfo_t info{};
  raw::waitid(P_PID, pid, &info, WEXITED | WNOHANG, nullptr);
}

/// Reports the leader if it has ended and is not yet reported; whether it did.
bool report_if_ended(const StateView& view, const Leader& leader,
                     const Children& children) noexcept {
  siginfo_t info{};
  rusage usage{};
  if (leader.pid <= 0 || is_reported(view, leader) ||
      !children.peek(children.self, leader.pid, info, usage)) {
    return false;
  }
  report(view, leader, info, usage);
  return true;
}

/// The kernel shows one zombie at a time, and the first must stay. The helpers are asked for by
/// pid: the one who would acknowledge that end may be the one who is dead behind it.
void bury_helpers(const int* helpers, const Children& children, Reaped& reaped) noexcept {
  siginfo_t info{};
  rusage usage{};
  for (; *helpers != 0 && reaped.helper_ends_count < helper_ends_max; ++helpers) {
    if (children.peek(children.self, *helpers, info, usage)) {
      reaped.helper_ends[reaped.helper_ends_count++] = {
          .pid = *helpers, .code = info.si_code, .status = info.si_status};
      children.bury(children.self, *helpers);
    }
  }
}

/// And so is each other leader.
bool report_others(const StateView& view, const Children& children) noexcept {
  bool has_reported = false;
  for (std::uint32_t i = 0; i < view.header->record_count; ++i) {
    has_reported |= report_if_ended(view, leader_in(view, i), children);
  }
  return has_reported;
}

}  // namespace

Children own_children() noexcept { return {.peek = peek_own, .bury = bury_own}; }

Reaped reap(const StateView& view, const int* helpers, const Children& children,
            Hidden hidden) noexcept {
  Reaped reaped{};
  siginfo_t info{};
  rusage usage{};
  for (int turn = 0; turn < children_per_turn; ++turn) {
    if (reaped.helper_ends_count == helper_ends_max ||
        !children.peek(children.self, 0, info, usage)) {
      return reaped;
    }
    const int pid = info.si_pid;
    if (contains(helpers, pid)) {
      reaped.helper_ends[reaped.helper_ends_count++] = {
          .pid = pid, .code = info.si_code, .status = info.si_status};
      children.bury(children.self, pid);
      continue;
    }
    const Leader leader = leader_with(view, pid);
    if (leader.index == no_record) {
      ++view.header->keeper.orphans_reaped;
      children.bury(children.self, pid);
      continue;
    }
    if (!is_reported(view, leader)) {
      report(view, leader, info, usage);
      reaped.has_reported = true;
    }
    if (!is_acknowledged(view, leader)) {
      bury_helpers(helpers, children, reaped);
      reaped.has_reported |= hidden == Hidden::report && report_others(view, children);
      reaped.may_hide = true;
      return reaped;
    }
    children.bury(children.self, pid);
  }
  reaped.has_more = true;
  return reaped;
}

bool bury_acknowledged(const StateView& view, std::uint32_t index, const int* helpers,
                       const Children& children) noexcept {
  if (index >= view.header->record_count) {
    return false;
  }
  const Leader leader = leader_in(view, index);
  const bool has_reported = report_if_ended(view, leader, children);
  // If it is buried already, the pid may be a helper's now, or that of another leader.
  if (leader.pid > 0 && is_dealt_with(view, leader) && !contains(helpers, leader.pid) &&
      is_dealt_with(view, leader_with(view, leader.pid))) {
    children.bury(children.self, leader.pid);
  }
  return has_reported;
}

}  // namespace tend::service::keeper
