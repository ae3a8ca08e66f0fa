#include "support/watchdog.hpp"

#include "support/processes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace tend::test {

namespace {

/// Shared between the tests, who write, and the watchdog, who reads.
struct Progress {
  std::atomic<unsigned> tests_started = 0;
  char current_test[256] = {};
};

Progress* progress = nullptr;

Progress* map_progress() {
  void* page =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? nullptr : new (page) Progress;
}

long limit_seconds() {
  const char* wish = std::getenv("TEND_TEST_WATCHDOG_S");
  return wish == nullptr ? 60 : std::atol(wish);
}

long now_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

/// Ends everything below the watchdog. A process may fork while we look, hence the rounds.
void kill_everything_below() {
  for (int round = 0; round < 100; ++round) {
    const auto pids = descendants_of(getpid());
    if (pids.empty()) {
      return;
    }
    for (const pid_t pid : pids) {
      kill(pid, SIGKILL);
    }
    while (waitpid(-1, nullptr, WNOHANG | __WALL) > 0) {
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
    nanosleep(&pause, nullptr);
  }
}

[[noreturn]] void report_hang_and_exit(pid_t tests, long limit) {
  std::fprintf(stderr, "\nwatchdog: %s still runs after %ld s\n", progress->current_test, limit);
  std::fprintf(stderr, "  %s\n", describe_process(tests).c_str());
  for (const pid_t pid : descendants_of(tests)) {
    std::fprintf(stderr, "  %s\n", describe_process(pid).c_str());
  }
  kill_everything_below();
  std::_Exit(EXIT_FAILURE);
}

/// Reaps whatever comes until the tests end; the orphans of the tests come here too.
int wait_for_tests(pid_t tests, const sigset_t& child_signal, long limit) {
  unsigned seen = 0;
  long deadline = now_seconds() + limit;
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG | __WALL);
    if (ended == tests) {
      return status;
    }
    if (ended > 0) {
      continue;
    }
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    sigtimedwait(&child_signal, nullptr, &second);
    const unsigned started = progress->tests_started.load();
    if (started != seen) {
      seen = started;
      deadline = now_seconds() + limit;
    }
    if (now_seconds() >= deadline) {
      report_hang_and_exit(tests, limit);
    }
  }
}

[[noreturn]] void watch(pid_t tests, const sigset_t& child_signal, long limit) {
  const int status = wait_for_tests(tests, child_signal, limit);
  kill_everything_below();
  if (WIFSIGNALED(status)) {
    std::fprintf(stderr, "\nwatchdog: %s was ended by signal %d (%s)\n", progress->current_test,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    std::_Exit(128 + WTERMSIG(status));
  }
  std::_Exit(WEXITSTATUS(status));
}

class ProgressListener : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& test) override {
    const std::string name = std::string(test.test_suite_name()) + "." + test.name();
    const std::size_t length = std::min(name.size(), sizeof progress->current_test - 1);
    std::copy_n(name.begin(), length, progress->current_test);
    progress->current_test[length] = '\0';
    ++progress->tests_started;
  }
};

}  // namespace

void run_under_watchdog() {
  const long limit = limit_seconds();
  if (limit <= 0) {
    return;
  }
  progress = map_progress();
  if (progress == nullptr) {
    return;
  }
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  sigset_t before;
  sigprocmask(SIG_BLOCK, &child_signal, &before);
  prctl(PR_SET_CHILD_SUBREAPER, 1);

  const pid_t watchdog = getpid();
  const pid_t tests = fork();
  if (tests > 0) {
    watch(tests, child_signal, limit);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (tests < 0) {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    std::perror("watchdog: fork");
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != watchdog) {
    std::_Exit(EXIT_FAILURE);
  }
}

std::unique_ptr<testing::TestEventListener> make_watchdog_listener() {
  if (progress == nullptr) {
    return std::make_unique<testing::EmptyTestEventListener>();
  }
  return std::make_unique<ProgressListener>();
}

}  // namespace tend::test
