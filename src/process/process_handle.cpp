#include <tend/process_handle.hpp>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/any_process.hpp"
#include "os/clock.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "process/send_signal.hpp"
#include "process/tree_stop.hpp"

namespace tend {

namespace {

constexpr int signal_kill = 9;
constexpr int signal_continue = 18;
constexpr int signal_stop = 19;
constexpr std::chrono::seconds kill_wait{5};
constexpr std::chrono::milliseconds reap_wait{100};
constexpr std::chrono::milliseconds tick{10};  // USER_HZ is 100 on every architecture that we know.

std::string name_of(std::int32_t pid) { return "process " + std::to_string(pid); }

std::unexpected<Error> gone(std::string step, std::int32_t pid, std::string detail) {
  return std::unexpected(Error{.step = std::move(step),
                               .subject = name_of(pid),
                               .code = ESRCH,
                               .detail = std::move(detail)});
}

/// A pidfd; closed where a sandbox or an old kernel refuses the call itself.
Result<Fd> open_where_possible(std::int32_t pid) {
  auto opened = os::open_pidfd(pid);
  if (opened) {
    return opened;
  }
  switch (opened.error().code) {
    case ENOSYS:
    case EPERM: return Fd();
    case EINVAL:  // A thread that is not the first of its process: EINVAL, newer kernels ENOENT.
    case ENOENT:
    case ESRCH:
      return gone("open", pid, pid > 0 ? "there is no such process" : "not the pid of a process");
    default: return opened;
  }
}

bool is_reaped(const Fd& pidfd) {
  const auto asked = os::send_signal(pidfd, 0);
  return !asked && asked.error().code == ESRCH;
}

std::unexpected<Error> no_tree(std::int32_t pid, int code, std::string detail) {
  return std::unexpected(
      Error{.step = "signal", .subject = name_of(pid), .code = code, .detail = std::move(detail)});
}

Result<process::ProcessTree> tree_below(std::int32_t pid, const Fd& pidfd) {
  if (pid == os::own_pid()) {
    return no_tree(pid, EINVAL, "that is this very process");
  }
  if (!pidfd) {
    return no_tree(pid, ENOSYS, "a whole tree is reached by pidfds only, and they are refused");
  }
  const auto stat = os::read_proc_stat(pid);
  const bool leads_session = stat && stat->session == pid;
  return process::ProcessTree(
      {.pidfd = &pidfd,
       .pid = pid,
       .group = leads_session ? process::OwnGroup::session : process::OwnGroup::none});
}

}  // namespace

std::string ProcessIdentity::text() const {
  return text::format("{}:{}:{}", pid, start_ticks, boot_id);
}

std::optional<ProcessIdentity> ProcessIdentity::parse(std::string_view text) {
  const auto parts = text::split(text, ':');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const auto pid = parse_integer<std::int32_t>(parts[0]);
  const auto ticks = parse_integer<std::uint64_t>(parts[1]);
  if (!pid || !ticks || *pid <= 0) {
    return std::nullopt;
  }
  return ProcessIdentity{.pid = *pid, .start_ticks = *ticks, .boot_id = std::string(parts[2])};
}

Result<ProcessHandle> ProcessHandle::open(std::int32_t pid) {
  Fd pidfd = TEND_TRY(open_where_possible(pid));
  const auto stat = os::read_proc_stat(pid);
  if (!stat && !os::is_gone(stat.error())) {
    return std::unexpected(stat.error());
  }
  // Asked last: as long as it is not reaped, its pid means it and nobody else.
  if (pidfd ? is_reaped(pidfd) : !stat.has_value()) {
    return gone("open", pid, "it has ended");
  }
  return ProcessHandle(pid, stat ? stat->start_ticks : 0, std::move(pidfd));
}

Result<ProcessHandle> ProcessHandle::open(const ProcessIdentity& identity) {
  if (!identity.boot_id.empty() && TEND_TRY(os::read_boot_id()) != identity.boot_id) {
    return gone("open", identity.pid, "it was started before the last boot");
  }
  ProcessHandle handle = TEND_TRY(open(identity.pid));
  if (handle.start_ticks_ != identity.start_ticks) {
    return gone("open", identity.pid, "it has ended, and another process has its pid");
  }
  return handle;
}

Result<ProcessIdentity> ProcessHandle::identity() const {
  if (start_ticks_ == 0) {
    return failed("read", "/proc/" + std::to_string(pid_) + "/stat", ENOENT);
  }
  return ProcessIdentity{
      .pid = pid_, .start_ticks = start_ticks_, .boot_id = TEND_TRY(os::read_boot_id())};
}

Result<bool> ProcessHandle::is_running() const { return !TEND_TRY(wait_for_end(os::Instant{})); }

Result<std::chrono::nanoseconds> ProcessHandle::running_for() const {
  if (!TEND_TRY(is_running())) {
    return gone("read", pid_, "it has ended");
  }
  const auto ticks = static_cast<std::int64_t>(TEND_TRY(identity()).start_ticks);
  const std::chrono::nanoseconds started = tick * ticks;
  return std::max(os::boottime_now() - started, std::chrono::nanoseconds(0));
}

Result<> ProcessHandle::signal(int number) const {
  if (pidfd_) {
    return process::send_signal(pidfd_, pid_, number);
  }
  const os::NumberedProcess numbered{.pid = pid_, .start_ticks = start_ticks_};
  return process::with_words(os::send_signal(numbered, number), pid_);
}

Result<> ProcessHandle::suspend() const { return signal(signal_stop); }

Result<> ProcessHandle::resume() const { return signal(signal_continue); }

Result<bool> ProcessHandle::wait_for_end(std::optional<os::Instant> deadline) const {
  return pidfd_ ? os::wait_for_exit(pidfd_, deadline)
                : os::wait_for_exit(os::NumberedProcess{.pid = pid_, .start_ticks = start_ticks_},
                                    deadline);
}

ProcessEnd ProcessHandle::end() const {
  if (!pidfd_) {
    return {};
  }
  return {.status = os::status_of_any_ended(pidfd_, os::monotonic_now() + reap_wait)};
}

Result<ProcessEnd> ProcessHandle::wait() const {
  static_cast<void>(TEND_TRY(wait_for_end(std::nullopt)));
  return end();
}

Result<std::optional<ProcessEnd>> ProcessHandle::wait_until(
    std::chrono::steady_clock::time_point deadline) const {
  if (!TEND_TRY(wait_for_end(deadline))) {
    return std::nullopt;
  }
  return end();
}

Result<std::optional<ProcessEnd>> ProcessHandle::wait_for(std::chrono::nanoseconds duration) const {
  return wait_until(os::monotonic_now() + duration);
}

Result<std::optional<ProcessEnd>> ProcessHandle::try_wait() const {
  return wait_until(os::Instant{});
}

Result<ProcessEnd> ProcessHandle::stop(const StopLadder& ladder) const {
  process::LadderWalk walk(ladder);
  while (TEND_TRY(is_running())) {
    const os::Instant now = os::monotonic_now();
    if (const auto number = walk.signal_due(now)) {
      const auto sent = signal(*number);
      if (!sent && sent.error().code != ESRCH) {
        return std::unexpected(sent.error());
      }
      if (*number != signal_kill) {
        static_cast<void>(resume());
      }
    } else if (walk.is_over(now)) {
      return std::unexpected(Error{.step = "kill",
                                   .subject = name_of(pid_),
                                   .code = ETIMEDOUT,
                                   .detail = "it does not end"});
    }
    static_cast<void>(TEND_TRY(wait_for_end(walk.next())));
  }
  return end();
}

Result<> ProcessHandle::signal_tree(int number) const {
  auto all = TEND_TRY(tree_below(pid_, pidfd_));
  if (!TEND_TRY(all.signal(number))) {
    return gone("signal", pid_, "it has ended");
  }
  return {};
}

Result<> ProcessHandle::suspend_tree() const { return signal_tree(signal_stop); }

Result<> ProcessHandle::resume_tree() const { return signal_tree(signal_continue); }

Result<TreeMeans> ProcessHandle::kill_tree() const {
  auto all = TEND_TRY(tree_below(pid_, pidfd_));
  const StopLadder ladder{.rungs = {{.signal = signal_kill, .wait = kill_wait}}};
  TEND_TRY(process::stop_all(std::span(&all, 1), ladder, name_of(pid_)));
  return all.means();
}

Result<ProcessEnd> ProcessHandle::stop_tree(const StopLadder& ladder) const {
  auto all = TEND_TRY(tree_below(pid_, pidfd_));
  TEND_TRY(process::stop_all(std::span(&all, 1), ladder, name_of(pid_)));
  return end();
}

}  // namespace tend
