#include "service/leader_watch.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"

namespace tend::service {

namespace {

/// Each pause is twice the one before: in all about a second until its new parent must have reaped
/// it. One that never reaps is no init; then the status stays unknown.
constexpr std::chrono::milliseconds pause_first{1};
constexpr int looks_max = 10;

/// What /proc/PID/stat says of a zombie in its last field (52, exit_code): at once, and on every
/// kernel. 0 also means "that is not for you to know", so only other values count.
std::optional<ExitStatus> status_of_zombie(const os::Fd& pidfd) {
  const std::int32_t pid = os::pid_of(pidfd).value_or(-1);
  const auto text = os::read_proc_file(pid, "stat");
  if (pid <= 0 || !text) {
    return std::nullopt;
  }
  const std::string_view line = text::trimmed(*text);
  const auto code = parse_integer<int>(line.substr(line.rfind(' ') + 1));
  // Still not reaped: so it was this process that we read of.
  const bool is_of_it = os::pid_of(pidfd).value_or(-1) == pid;
  return is_of_it && code.value_or(0) != 0 ? std::optional(ExitStatus::from_wait_status(*code))
                                           : std::nullopt;
}

bool is_reaped(const os::Fd& pidfd) { return os::pid_of(pidfd).value_or(-1) == -1; }

}  // namespace

ProcessEnd end_of(const os::Fd& pidfd) {
  using enum ProcessEnd::Known;
  if (!os::has_exited(pidfd).value_or(true)) {
    return {.known = lives};
  }
  if (auto status = status_of_zombie(pidfd)) {
    return {.known = all, .status = status};
  }
  return is_reaped(pidfd) ? ProcessEnd{.known = all, .status = os::exit_status_of(pidfd)}
                          : ProcessEnd{.known = not_yet};
}

LeaderWatch::LeaderWatch(os::EventLoop& loop, const os::Fd& pidfd, OnEnd on_end, Look look)
    : loop_(loop), pidfd_(pidfd), on_end_(std::move(on_end)), look_(std::move(look)) {
  await_end();
}

LeaderWatch::~LeaderWatch() {
  loop_.remove(watch_);
  loop_.cancel(timer_);
}

void LeaderWatch::await_end() {
  const auto watch = loop_.add(pidfd_, os::Interest::read, [this](os::Ready) {
    // The pidfd of an ended process stays readable for ever.
    loop_.remove(watch_);
    look_again();
  });
  if (watch) {
    watch_ = *watch;
  } else {  // This user may watch no more descriptors now (epoll_ctl(2), ENOSPC).
    look_later();
  }
}

void LeaderWatch::look_later() {
  timer_ = loop_.add_timer(pause_first * (1 << looks_), [this] { look_again(); });
}

void LeaderWatch::look_again() {
  using enum ProcessEnd::Known;
  timer_ = os::TimerId::none;
  const ProcessEnd end = look_(pidfd_);
  const bool has_ended = end.known != lives;
  if (end.known == all || (has_ended && looks_ == looks_max)) {
    on_end_(end.status);
    return;
  }
  // While it lives the pause stays short of a second: the watch could not be had.
  looks_ = has_ended || looks_ + 1 < looks_max ? looks_ + 1 : looks_;
  if (has_ended) {
    look_later();
  } else {
    await_end();
  }
}

}  // namespace tend::service
