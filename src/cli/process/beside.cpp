#include "cli/process/beside.hpp"

#include <tend/child.hpp>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/try.hpp"
#include "os/poll.hpp"
#include "os/signals.hpp"

namespace tend::cli {

namespace {

/// The terminal sends to all in the foreground itself: its signals have no sender.
Result<> forward(const os::Fd& signals, Child& child) {
  for (const os::SignalArrival& arrival : TEND_TRY(os::read_signals(signals))) {
    if (arrival.sender_pid != 0) {
      // One that it may not get, or that comes too late, is no failure of ours.
      static_cast<void>(child.signal(arrival.number));
    }
  }
  return {};
}

constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

}  // namespace

std::unexpected<Failure> not_started(const Error& error) {
  if (error.step != "exec") {
    return fail(exit_tend_failed, error.message());
  }
  const bool is_missing = error.code == ENOENT || error.code == ENOTDIR;
  return fail(is_missing ? exit_not_found : exit_not_executable, error.message());
}

std::span<const std::string> command_words(std::span<const std::string> words) {
  return !words.empty() && words.front() == "--" ? words.subspan(1) : words;
}

Result<ExitStatus> run_beside(const tend::Command& command) {
  const os::Fd signals =
      TEND_TRY(os::open_signalfd({SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}));
  Child child = TEND_TRY(command.spawn());
  while (true) {
    std::array entries = {os::PollEntry{.fd = &child.pidfd()}, os::PollEntry{.fd = &signals}};
    TEND_TRY(os::poll_any(entries, std::nullopt));
    TEND_TRY(forward(signals, child));
    if (entries.front().is_ready) {
      return child.wait();
    }
  }
}

}  // namespace tend::cli
