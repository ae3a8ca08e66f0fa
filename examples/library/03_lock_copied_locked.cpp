// Row 3, 18: a lock that another thread holds while we fork is locked in the child for ever, for
// the thread that would unlock it is not there. A child of ours shows it: found out by waiting for
// a while, then ended with everything below it. A guarded fork refuses to begin such a thing.
//
// output:
// the child of a bare fork waits for the lock
// the lock was free again long ago, and it still waits: ended, killed by SIGKILL
// guarded fork: <any>stay locked in the copy<any>

#include <tend/command.hpp>
#include <tend/guarded_fork.hpp>
#include <tend/thread.hpp>

#include <unistd.h>
#include <cstdio>
#include <latch>
#include <mutex>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

/// Never returns: our child waits for the lock, and we for our child.
int deadlock() {
  std::mutex lock;
  std::latch is_locked(1);
  std::latch has_forked(1);
  auto holder = or_exit(tend::start_thread({.name = "holder"}, [&] {
    const std::scoped_lock held(lock);
    is_locked.count_down();
    has_forked.wait();
  }));
  is_locked.wait();
  if (::fork() == 0) {
    static_cast<void>(!::write(1, "waits\n", 6));
    lock.lock();
    ::_exit(0);
  }
  has_forked.count_down();
  or_exit(holder.join());  // Here it is unlocked again; in the child it stays locked.
  return ::pause();
}

}  // namespace

int main(int argc, char** /*argv*/) {
  if (argc > 1) {
    return deadlock();
  }
  auto child =
      or_exit(tend::Command("/proc/self/exe", {"deadlock"}).out(tend::Stdio::pipe()).spawn());
  auto lines = child.lines();
  const auto line = or_exit(lines.next(20s));
  std::printf("the child of a bare fork %s for the lock\n",
              line ? line->text.c_str() : "never came");
  const bool has_ended = or_exit(child.wait_for(300ms)).has_value();
  or_exit(child.kill_tree());
  std::printf("the lock was free again long ago, and it %s: ended, %s\n",
              has_ended ? "ended" : "still waits", or_exit(child.wait()).description().c_str());

  std::latch done(1);
  auto thread = or_exit(tend::start_thread({}, [&] { done.wait(); }));
  const auto refused = tend::guarded_fork([] { return 1; });
  std::printf("%s\n", refused ? "started" : refused.error().message().c_str());
  done.count_down();
}
