// Adaptor: a loop around poll(2) that feeds a child, collects both of its streams, and notices its
// end. A Drain makes the decisions and does no I/O; the loop could wait for other things as well.
//
// output:
// out: 20000 bytes, err: 7 bytes, exited with 0

#include <tend/command.hpp>
#include <tend/drain.hpp>
#include <tend/read_write.hpp>

#include <poll.h>
#include <array>
#include <climits>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

using Clock = std::chrono::steady_clock;

void read_once(tend::Drain& drain, std::size_t stream, const tend::Fd& fd) {
  std::array<char, 4096> bytes{};
  const auto got = tend::read_from(fd, bytes);
  if (got.value_or(0) == 0) {
    drain.ended(stream);
  } else {
    drain.received(stream, {bytes.data(), *got}, Clock::now());
  }
}

/// So much fits into a pipe that can be written to (pipe(7)).
void write_once(tend::Drain& drain, const tend::Fd& fd) {
  const auto piece = drain.input().substr(0, PIPE_BUF);
  tend::write_to(fd, piece) ? drain.written(piece.size()) : drain.refuse_input();
}

void run(tend::Drain& drain, tend::Child& child) {
  for (bool has_ended = false; !drain.is_done(Clock::now());) {
    if (drain.input().empty()) {
      child.in().reset();
    }
    pollfd fds[] = {{drain.is_open(0) ? child.out().get() : -1, POLLIN, 0},  // -1: passed over.
                    {drain.is_open(1) ? child.err().get() : -1, POLLIN, 0},
                    {child.in().get(), POLLOUT, 0},
                    {has_ended ? -1 : child.pidfd().get(), POLLIN, 0}};
    const auto wake = drain.wake_at();
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(wake.value_or(Clock::now()) - Clock::now());
    ::poll(fds, std::size(fds), wake ? static_cast<int>(left.count()) : -1);
    for (const std::size_t stream : {0U, 1U}) {
      if (fds[stream].revents != 0) {
        read_once(drain, stream, stream == 0 ? child.out() : child.err());
      }
    }
    if (fds[2].revents != 0) {
      write_once(drain, child.in());
    }
    if (fds[3].revents != 0) {
      has_ended = true;
      drain.child_ended(Clock::now());
    }
  }
}

}  // namespace

int main() {
  const std::string input(20000, 'x');
  auto child = or_exit(tend::Command::shell("cat; echo enough >&2")
                           .in(tend::Stdio::pipe())
                           .out(tend::Stdio::pipe())
                           .err(tend::Stdio::pipe())
                           .spawn());
  tend::Drain drain({.input = input});
  run(drain, child);
  std::printf("out: %zu bytes, err: %zu bytes, %s\n", drain.take(0).size(), drain.take(1).size(),
              or_exit(child.wait()).description().c_str());
}
