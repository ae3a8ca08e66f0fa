#include "os/reaper.hpp"

#include <pthread.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstdint>
#include <mutex>

#include "os/pidfd.hpp"
#include "os/quiet_thread.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

/// The pidfds lie in the epoll set and nowhere else: whoever takes one out of it closes it.
void* serve(void* argument) {
  const auto epoll = static_cast<int>(reinterpret_cast<std::intptr_t>(argument));
  while (true) {
    epoll_event event{};
    if (::epoll_wait(epoll, &event, 1, -1) == 1) {
      const Fd pidfd(event.data.fd);
      static_cast<void>(reap(pidfd, Waiting::yes));
      ::epoll_ctl(epoll, EPOLL_CTL_DEL, pidfd.get(), nullptr);
    }
  }
}

/// The epoll set of this process's reaper, or -1. After a fork the child has none of the parent's
/// children, and not its thread.
int epoll_of_this_process() noexcept {
  static std::mutex mutex;
  static int epoll = -1;
  static long owner = 0;
  const std::lock_guard lock(mutex);
  const long pid = raw::syscall(__NR_getpid);
  if (owner != pid) {
    Fd fresh(::epoll_create1(EPOLL_CLOEXEC));
    if (!fresh ||
        !start_quiet_thread("reaper", serve, reinterpret_cast<void*>(std::intptr_t{fresh.get()}))) {
      return -1;
    }
    epoll = fresh.release();
    owner = pid;
  }
  return epoll;
}

}  // namespace

void reap_in_background(Fd pidfd) noexcept {
  const auto reaped = reap(pidfd, Waiting::no);
  if (!reaped || *reaped) {
    return;  // Reaped now, or not ours to reap.
  }
  const int epoll = epoll_of_this_process();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = pidfd.get();
  if (epoll >= 0 && ::epoll_ctl(epoll, EPOLL_CTL_ADD, pidfd.get(), &event) == 0) {
    static_cast<void>(pidfd.release());
  }
}

}  // namespace tend::os
