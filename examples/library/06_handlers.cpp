// Row 6: handlers, for those who need one: with the signals that are held back meanwhile, and with
// what happens to an interrupted system call; and counting signals exactly.
//
// output:
// first USR1 to its end, then USR2: 1 1 2
// a read that was interrupted: Interrupted system call
// real-time signals counted: 3
// standard signals that came while one waited: 1

#include <tend/signal_handler.hpp>
#include <tend/signal_table.hpp>
#include <tend/signal_wait.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "or_exit.hpp"

namespace {

std::array<int, 3> order{};
std::atomic<std::size_t> steps = 0;  // Lock-free: fit for a handler.

void on_signal(const tend::SignalInfo& info) {
  const int which = info.number == SIGUSR1 ? 1 : 2;
  order[steps++] = which;
  if (which == 1) {
    ::raise(SIGUSR2);  // Held back until this handler has returned.
    order[steps++] = which;
  }
}

}  // namespace

int main() {
  {
    const auto handler = or_exit(
        tend::SignalHandler::install({SIGUSR1, SIGUSR2}, on_signal, {.blocked = {SIGUSR2}}));
    ::raise(SIGUSR1);
    std::printf("first USR1 to its end, then USR2: %d %d %d\n", order[0], order[1], order[2]);
  }
  constexpr int realtime = tend::realtime_signal_min;
  const auto counter = or_exit(tend::SignalCounter::install(
      {SIGUSR1, SIGALRM, realtime},
      {.interrupted_calls = tend::SignalHandlerOptions::Interrupted::fail}));
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) == 0) {
    ::ualarm(100'000, 100'000);  // Again and again, so that none is missed.
    const auto got = ::read(pipe[0], order.data(), 1);
    std::printf("a read that was interrupted: %s\n", got < 0 ? std::strerror(errno) : "none");
    ::ualarm(0, 0);
  }
  {
    const auto held = tend::ScopedSignalMask::block({SIGUSR1, realtime});
    for (int i = 0; i < 3; ++i) {
      ::raise(SIGUSR1);
      ::raise(realtime);
    }
  }
  std::printf("real-time signals counted: %ju\n", counter.count(realtime));
  std::printf("standard signals that came while one waited: %ju\n", counter.count(SIGUSR1));
}
