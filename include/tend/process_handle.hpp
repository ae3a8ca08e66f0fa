#pragma once
// ProcessHandle: any process, ours or not, held so that nothing ever reaches a stranger that got
// the same pid later. It can be signalled, suspended, waited for and ended, alone or with
// everything below it. A child of our own is better held as a Child: it gives the exact status.
//
//   auto process = tend::ProcessHandle::open(4711);
//   process->suspend();
//   process->stop_tree({.rungs = {{SIGTERM, 5s}, {SIGKILL, 1s}}});
//
// It holds a pidfd (pidfd_open(2), Linux 5.3). Where a sandbox refuses those, it is weaker: each
// call first checks that the pid still has the same start time, and between that check and the
// signal the pid could in principle change its owner; whole trees cannot be reached then (ENOSYS).
//
// All members but the moves may be called from several threads at once.

#include <tend/child.hpp>
#include <tend/deadline.hpp>
#include <tend/error.hpp>
#include <tend/exit_status.hpp>
#include <tend/fd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend {

/// Which process is meant, for storing: a pid is reused, together with the start time and the boot
/// it is not.
struct ProcessIdentity {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< Since boot, in 1/100 s (/proc/PID/stat, field 22).
  std::string boot_id{};          ///< /proc/sys/kernel/random/boot_id; empty: since the last boot.

  /// `4711:123456:BOOT-ID`.
  [[nodiscard]] std::string text() const;

  /// From text(); nothing for anything else.
  [[nodiscard]] static std::optional<ProcessIdentity> parse(std::string_view text);

  bool operator==(const ProcessIdentity&) const = default;
};

/// The end of a process, which need not be our child.
struct ProcessEnd {
  /// How it ended. Nothing: not known. Known are the status of a child of ours that is not reaped
  /// yet, and, from Linux 6.15 on, of every process once its parent has reaped it.
  std::optional<ExitStatus> status{};

  bool operator==(const ProcessEnd&) const = default;
};

/// Holds a process, and has no say in its end: dropping it does nothing.
class ProcessHandle {
 public:
  /// The process that has this pid now. ESRCH: there is none, or it is a thread of another one. A
  /// zombie can be opened: it has ended, and nobody has reaped it.
  [[nodiscard]] static Result<ProcessHandle> open(std::int32_t pid);

  /// The very process that was meant. ESRCH: it has ended, whoever has its pid now.
  [[nodiscard]] static Result<ProcessHandle> open(const ProcessIdentity& identity);

  ProcessHandle(ProcessHandle&&) noexcept = default;
  ProcessHandle& operator=(ProcessHandle&&) noexcept = default;
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;
  ~ProcessHandle() = default;

  /// Its number; once it has been reaped, another process can have it.
  [[nodiscard]] std::int32_t pid() const { return pid_; }

  /// For storing, and for opening it again later. ENOENT: /proc does not show it (hidepid) or is
  /// not mounted.
  [[nodiscard]] Result<ProcessIdentity> identity() const;

  /// For poll and event loops: readable when the process has ended. Closed where pidfds are
  /// refused.
  [[nodiscard]] const Fd& pidfd() const { return pidfd_; }

  /// Whether it has not ended; a zombie has.
  [[nodiscard]] Result<bool> is_running() const;

  /// How long ago it was started, with the time the machine was suspended; precise to 10 ms. ESRCH:
  /// it has ended.
  [[nodiscard]] Result<std::chrono::nanoseconds> running_for() const;

  /// Sends a signal to it alone; 0 only asks whether we may. Errors: ESRCH, it has ended; EPERM,
  /// with the words who may; EINVAL, no such signal. A zombie takes every signal and does nothing.
  Result<> signal(int number) const;

  /// SIGSTOP and SIGCONT, to it alone. Suspending is asked for, not waited for.
  Result<> suspend() const;
  Result<> resume() const;

  /// Waits for its end, which for a process that is not our child is not the reaping. Never reaps.
  /// For the status it waits up to 100 ms longer, so that the parent can reap.
  Result<ProcessEnd> wait() const;

  /// The end, if it has ended, or does so in time.
  Result<std::optional<ProcessEnd>> try_wait() const;
  Result<std::optional<ProcessEnd>> wait_for(std::chrono::nanoseconds duration) const;
  Result<std::optional<ProcessEnd>> wait_until(
      std::chrono::steady_clock::time_point deadline) const;

  /// Ends it alone: each rung's signal, then its wait. To a signal that can be handled SIGCONT is
  /// added, since a stopped process could not handle it. Having ended already is no error.
  /// ETIMEDOUT: it does not end (it hangs in the kernel).
  Result<ProcessEnd> stop(const StopLadder& ladder = {}) const;

  // It and everything below it: its children and theirs, and, if it leads a session, all of the
  // session. A process that detached itself before (double fork, setsid) is not found. This very
  // process is passed over where it is below, and refused (EINVAL) as the root. Members that we
  // may not signal are EPERM, after all others have got the signal. Nobody is left of it: ESRCH.

  Result<> signal_tree(int number) const;
  Result<> suspend_tree() const;
  Result<> resume_tree() const;
  Result<TreeMeans> kill_tree() const;

  /// Returns when nobody of the tree lives any more.
  Result<ProcessEnd> stop_tree(const StopLadder& ladder = {}) const;

 private:
  ProcessHandle(std::int32_t pid, std::uint64_t start_ticks, Fd pidfd)
      : pid_(pid), start_ticks_(start_ticks), pidfd_(std::move(pidfd)) {}

  [[nodiscard]] Result<bool> wait_for_end(
      std::optional<std::chrono::steady_clock::time_point> deadline) const;
  [[nodiscard]] ProcessEnd end() const;

  std::int32_t pid_;
  std::uint64_t start_ticks_;  ///< 0: not known.
  Fd pidfd_;
};

}  // namespace tend
