// Row 16: a pool of worker processes that uses all cores, on one listening socket: whoever is free
// accepts. Without a number there are as many workers as CPUs.
//
// output:
// visitors at once: 2, served by 2 workers
// workers that are left: 0

#include <tend/worker_pool.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
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

  auto pool = or_exit(tend::WorkerPool::start(tend::Command("/proc/self/exe", {"serve"}),
                                              {.workers = 2, .sockets = {listening.get()}}));
  std::printf("visitors at once: 2, served by %zu workers\n", visit(address, size).size());
  or_exit(pool.run([] { return true; }));  // The loop of a server; this one stops at once.
  std::printf("workers that are left: %zu\n", pool.workers().size());
}
