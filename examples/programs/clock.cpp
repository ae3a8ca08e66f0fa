// The simplest thing to keep running: prints the time at the start of each second until it is told
// to stop.

#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>

namespace {

/// What is left of this second, so that the clock neither drifts nor skips.
timespec until_next_second() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_nsec == 0 ? timespec{.tv_sec = 1, .tv_nsec = 0}
                          : timespec{.tv_sec = 0, .tv_nsec = 1'000'000'000 - now.tv_nsec};
}

void print_time() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);  // time(2) lags behind by up to a tick: the second before.
  std::tm local{};
  localtime_r(&now.tv_sec, &local);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  std::puts(text.data());
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // Into a pipe, stdout would keep lines for minutes.

  // Blocked signals are waited for instead of handled: no code ever runs in between (sigwait(3)).
  sigset_t goodbye;
  sigemptyset(&goodbye);
  sigaddset(&goodbye, SIGTERM);
  sigaddset(&goodbye, SIGINT);
  sigprocmask(SIG_BLOCK, &goodbye, nullptr);

  for (;;) {
    const timespec rest = until_next_second();
    if (sigtimedwait(&goodbye, nullptr, &rest) > 0) {
      break;
    }
    print_time();
  }
  std::puts("the clock stops");
  return 0;
}
