#include <tend/child.hpp>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/pidfd.hpp"
#include "process/child_state.hpp"
#include "process/run.hpp"

namespace tend {

namespace {

constexpr int signal_kill = 9;
constexpr int signal_continue = 18;
constexpr int signal_stop = 19;
constexpr std::chrono::seconds kill_wait{5};

}  // namespace

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

std::int32_t Child::pid() const { return state_->parts().process.pid; }

const Fd& Child::pidfd() const { return state_->parts().process.pidfd; }

Fd& Child::in() { return state_->parts().in; }

Fd& Child::out() { return state_->parts().out; }

Fd& Child::err() { return state_->parts().err; }

Fd& Child::terminal() { return state_->parts().terminal; }

Result<ExitStatus> Child::wait() { return state_->wait(); }

Result<std::optional<ExitStatus>> Child::wait_until(
    std::chrono::steady_clock::time_point deadline) {
  // What stands in for a pidfd may tell the end later than the kernel, which was asked before.
  if (!state_->is_waited_for() && !TEND_TRY(os::wait_for_exit(pidfd(), deadline))) {
    return std::nullopt;
  }
  return TEND_TRY(state_->wait());
}

Result<std::optional<ExitStatus>> Child::wait_for(std::chrono::nanoseconds duration) {
  return wait_until(os::monotonic_now() + duration);
}

Result<std::optional<ExitStatus>> Child::try_wait() {
  return wait_until(std::chrono::steady_clock::time_point{});
}

std::optional<Usage> Child::usage() const { return state_->usage(); }

Result<> Child::signal(int number) { return state_->signal(number); }

Result<> Child::suspend() { return signal(signal_stop); }

Result<> Child::resume() { return signal(signal_continue); }

Result<> Child::signal_tree(int number) {
  TEND_TRY(state_->tree().signal(number));
  return {};
}

Result<> Child::suspend_tree() { return signal_tree(signal_stop); }

Result<> Child::resume_tree() { return signal_tree(signal_continue); }

Result<TreeMeans> Child::kill_tree() {
  return state_->stop_tree({.rungs = {{.signal = signal_kill, .wait = kill_wait}}});
}

Result<ExitStatus> Child::stop(const StopLadder& ladder) {
  static_cast<void>(TEND_TRY(state_->stop_tree(ladder)));
  return state_->wait();
}

Result<Output> Child::wait_with_output(std::string_view input, OutputSinks sinks) {
  if (!input.empty() && !in()) {
    return std::unexpected(Error{.step = "write",
                                 .subject = state_->parts().program,
                                 .code = EBADF,
                                 .detail = "its stdin is no pipe of ours, or closed already"});
  }
  return process::run_to_end(*state_, input, std::move(sinks));
}

LineReader Child::lines(std::size_t line_bytes_max) {
  return LineReader(std::move(out()), std::move(err()), line_bytes_max);
}

void Child::release() && {
  state_->parts().drop = Drop::reap;
  state_.reset();
}

}  // namespace tend
