// Row 16, 17: a pool of worker processes that uses all cores, on one listening socket. One that
// misbehaves is killed without harm to the others and replaced; all can be replaced one by one.
//
// output:
// visitors at once: 2, served by 2 workers
// one worker killed: 1 of 2 is new
// all replaced: 2 of 2 are new
// stopped: 0 left

#include <tend/worker_pool.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <set>

#include "or_exit.hpp"

namespace {

using Pids = std::set<pid_t>;

/// The worker: descriptor 3 is the socket. Each visitor learns its pid, and has it until he goes.
[[noreturn]] void serve() {
  for (const pid_t pid = ::getpid();;) {
    const tend::Fd visitor(::accept4(3, nullptr, nullptr, SOCK_CLOEXEC));
    char byte = 0;
    static_cast<void>(!::write(visitor.get(), &pid, sizeof pid));
    static_cast<void>(!::read(visitor.get(), &byte, 1));
  }
}

/// Comes twice at once, so that each visitor is served by another worker.
Pids visit(const sockaddr* address, socklen_t size) {
  const tend::Fd visitors[] = {tend::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                               tend::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  Pids pids;
  for (const tend::Fd& visitor : visitors) {
    pid_t pid = 0;
    ::connect(visitor.get(), address, size);
    static_cast<void>(!::read(visitor.get(), &pid, sizeof pid));
    pids.insert(pid);
  }
  return pids;
}

std::size_t new_in(const Pids& now, const Pids& before) {
  return static_cast<std::size_t>(
      std::ranges::count_if(now, [&](pid_t pid) { return !before.contains(pid); }));
}

}  // namespace

int main(int argc, char** /*argv*/) {
  if (argc > 1) {
    serve();
  }
  const tend::Fd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un place{.sun_family = AF_UNIX, .sun_path = {}};
  auto* const address = reinterpret_cast<sockaddr*>(&place);
  ::bind(listening.get(), address, sizeof(sa_family_t));  // The kernel chooses a name (unix(7)).
  ::listen(listening.get(), 16);
  socklen_t size = sizeof place;
  ::getsockname(listening.get(), address, &size);

  using Kind = tend::WorkerEvent::Kind;
  std::set<Kind> told;
  auto pool = or_exit(tend::WorkerPool::start(
      tend::Command("/proc/self/exe", {"serve"}), {.workers = 2, .sockets = {listening.get()}},
      [&](const tend::WorkerEvent& event) { told.insert(event.kind); }));
  const auto step_until = [&](Kind wanted) {
    for (told.clear(); !told.contains(wanted);) {
      pollfd polled{pool.fd().get(), POLLIN, 0};
      ::poll(&polled, 1, 50);  // Or until pool.wake_at().
      or_exit(pool.step());
    }
  };
  const Pids first = visit(address, size);
  std::printf("visitors at once: 2, served by %zu workers\n", first.size());
  pool.kill(pool.workers().front().id);
  step_until(Kind::ready);
  const Pids second = visit(address, size);
  std::printf("one worker killed: %zu of 2 is new\n", new_in(second, first));
  or_exit(pool.replace());
  step_until(Kind::replaced);
  std::printf("all replaced: %zu of 2 are new\n", new_in(visit(address, size), second));
  or_exit(pool.run([] { return true; }));
  std::printf("stopped: %zu left\n", pool.workers().size());
}
