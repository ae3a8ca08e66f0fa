// Row 16: all workers of a pool are replaced one by one, without a gap. The new one is ready before
// the old one is asked to finish; only then comes the next.
//
// output:
// worker 1 is ready
// worker 2 is ready
// all shall be new
// worker 3 is ready
// worker 1 ended, killed by SIGTERM
// worker 4 is ready
// worker 2 ended, killed by SIGTERM
// all are new

#include <tend/worker_pool.hpp>

#include <poll.h>
#include <cinttypes>
#include <cstdio>

#include "or_exit.hpp"

namespace {

using Kind = tend::WorkerEvent::Kind;

void tell(const tend::WorkerEvent& event) {
  if (event.kind == Kind::ready) {
    std::printf("worker %" PRIu64 " is ready\n", event.worker.id);
  } else if (event.kind == Kind::ended) {
    std::printf("worker %" PRIu64 " ended, %s\n", event.worker.id,
                event.status ? event.status->description().c_str() : "?");
  }
}

}  // namespace

int main() {
  bool is_replaced = false;
  auto pool = or_exit(tend::WorkerPool::start(tend::Command("sleep").arg("1000"), {.workers = 2},
                                              [&](const tend::WorkerEvent& event) {
                                                tell(event);
                                                is_replaced |= event.kind == Kind::replaced;
                                              }));
  std::puts("all shall be new");
  or_exit(pool.replace());
  while (!is_replaced) {
    pollfd polled{pool.fd().get(), POLLIN, 0};
    ::poll(&polled, 1, 50);  // Not to miss pool.wake_at().
    or_exit(pool.step());
  }
  std::puts("all are new");
}
