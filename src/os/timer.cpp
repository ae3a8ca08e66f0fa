#include "os/timer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

using std::chrono::nanoseconds;

timespec time_of(nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

/// All zero means "not armed" to the kernel.
nanoseconds not_zero(nanoseconds time) { return std::max(time, nanoseconds(1)); }

}  // namespace

Result<Fd> make_timer() {
  Fd made(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!made) {
    return failed("make", "timer", errno);
  }
  return made;
}

Result<> arm_timer(const Fd& timer, Instant first, nanoseconds period) {
  const itimerspec wanted{.it_interval = time_of(period),
                          .it_value = time_of(not_zero(first.time_since_epoch()))};
  if (::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &wanted, nullptr) < 0) {
    return failed("arm", "timer", errno);
  }
  return {};
}

Result<> disarm_timer(const Fd& timer) {
  const itimerspec none{};
  if (::timerfd_settime(timer.get(), 0, &none, nullptr) < 0) {
    return failed("disarm", "timer", errno);
  }
  return {};
}

Result<nanoseconds> timer_left(const Fd& timer) {
  itimerspec now{};
  if (::timerfd_gettime(timer.get(), &now) < 0) {
    return failed("read", "timer", errno);
  }
  return std::chrono::seconds(now.it_value.tv_sec) + nanoseconds(now.it_value.tv_nsec);
}

Result<std::uint64_t> drain_timer(const Fd& timer) {
  std::uint64_t count = 0;
  while (::read(timer.get(), &count, sizeof count) < 0) {
    if (errno == EAGAIN) {
      return 0;
    }
    if (errno != EINTR) {
      return failed("read", "timer", errno);
    }
  }
  return count;
}

Result<ThreadTimer> ThreadTimer::make(int signal) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  // sigev_notify_thread_id of timer_create(2), for which libc 2.36 has no name.
  event._sigev_un._tid = static_cast<pid_t>(raw::syscall(__NR_gettid));
  int timer = -1;
  const long result = raw::syscall(__NR_timer_create, CLOCK_MONOTONIC, &event, &timer);
  if (result < 0) {
    return failed("make", "timer", static_cast<int>(-result));
  }
  return ThreadTimer(timer);
}

Result<> ThreadTimer::arm(nanoseconds after, nanoseconds period) {
  const itimerspec wanted{.it_interval = time_of(period), .it_value = time_of(not_zero(after))};
  const long result = raw::syscall(__NR_timer_settime, timer_, 0, &wanted, nullptr);
  if (result < 0) {
    return failed("arm", "timer", static_cast<int>(-result));
  }
  return {};
}

void ThreadTimer::remove() noexcept {
  if (timer_ >= 0) {
    raw::syscall(__NR_timer_delete, std::exchange(timer_, -1));
  }
}

}  // namespace tend::os
