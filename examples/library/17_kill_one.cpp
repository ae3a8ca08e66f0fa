// Row 17: a process that misbehaves can be killed without harming the others. This worker does not
// listen to SIGTERM and has a child of its own; both are gone, and another one takes its place.
//
// output:
// worker 0 is killed: <pid:victim>
// ended: worker 0, <pid:victim>, killed by SIGKILL
// ready: worker 0, <pid:new>
// worker 1 runs on: yes

#include <tend/worker_pool.hpp>

#include <poll.h>
#include <cstdio>

#include "or_exit.hpp"

namespace {

using Kind = tend::WorkerEvent::Kind;

/// Prints what happens after the start; whether the successor is ready.
struct Told {
  bool is_started = false;
  bool is_over = false;

  void operator()(const tend::WorkerEvent& event) {
    if (!is_started) {
      return;
    }
    if (event.kind == Kind::ended) {
      std::printf("ended: worker %zu, %d, %s\n", event.worker.slot, event.worker.pid,
                  event.status ? event.status->description().c_str() : "?");
    } else if (event.kind == Kind::ready) {
      std::printf("ready: worker %zu, %d\n", event.worker.slot, event.worker.pid);
      is_over = true;
    }
  }
};

}  // namespace

int main() {
  Told told;
  auto pool =
      or_exit(tend::WorkerPool::start(tend::Command::shell("trap '' TERM; sleep 1000 & wait; wait"),
                                      {.workers = 2}, [&](const auto& event) { told(event); }));
  const auto before = pool.workers();
  told.is_started = true;
  std::printf("worker %zu is killed: %d\n", before[0].slot, before[0].pid);
  pool.kill(before[0].id);
  while (!told.is_over) {
    pollfd polled{pool.fd().get(), POLLIN, 0};
    ::poll(&polled, 1, 50);  // Not to miss pool.wake_at().
    or_exit(pool.step());
  }
  bool runs_on = false;
  for (const tend::WorkerInfo& worker : pool.workers()) {
    runs_on = runs_on || (worker.id == before[1].id && worker.pid == before[1].pid);
  }
  std::printf("worker 1 runs on: %s\n", runs_on ? "yes" : "no");
}  // The pool's destructor kills what is left, with everything below it.
