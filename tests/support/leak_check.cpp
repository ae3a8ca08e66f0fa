#include "support/leak_check.hpp"

#include "support/processes.hpp"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <string>
#include <vector>

namespace tend::test {

namespace {

/// Descriptor number -> what it leads to.
using Descriptors = std::map<int, std::string>;

Descriptors open_descriptors() {
  Descriptors found;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) {
    return found;
  }
  while (const dirent* entry = readdir(folder)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || number == dirfd(folder)) {
      continue;
    }
    char target[256] = {};
    const ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
    found[number] = length < 0 ? "?" : std::string(target, static_cast<std::size_t>(length));
  }
  closedir(folder);
  return found;
}

sigset_t blocked_signals() {
  sigset_t blocked;
  sigemptyset(&blocked);
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return blocked;
}

bool has_children() {
  siginfo_t ended{};
  // __WALL: also children that end with another signal than SIGCHLD. WNOWAIT: leave zombies alone.
  return waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 || errno != ECHILD;
}

/// Orphans of a test end under the watchdog, beside us.
std::vector<pid_t> orphans() {
  std::vector<pid_t> beside = children_of(getppid());
  std::erase(beside, getpid());
  return beside;
}

/// A background reaper may still be at work on what the test dropped, hence up to two seconds.
template <typename Predicate>
bool comes_true(const Predicate& predicate) {
  for (int attempt = 0; attempt < 2000; ++attempt) {
    if (predicate()) {
      return true;
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
    nanosleep(&pause, nullptr);
  }
  return predicate();
}

class LeakCheck : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& /*test*/) override {
    descriptors_ = open_descriptors();
    blocked_ = blocked_signals();
    // Without a watchdog our parent is a stranger whose other children mean nothing.
    has_watchdog_ = orphans().empty();
  }

  void OnTestEnd(const testing::TestInfo& /*test*/) override {
    check_children();
    check_descriptors();
    check_signal_mask();
  }

  void check_children() const {
    if (!comes_true([] { return !has_children(); })) {
      for (const pid_t pid : children_of(getpid())) {
        ADD_FAILURE() << "the test left a child: " << describe_process(pid);
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, __WALL);
      }
    }
    if (has_watchdog_ && !comes_true([] { return orphans().empty(); })) {
      for (const pid_t pid : orphans()) {
        ADD_FAILURE() << "the test left an orphan: " << describe_process(pid);
        kill(pid, SIGKILL);
      }
    }
  }

  void check_descriptors() const {
    if (comes_true([this] { return open_descriptors() == descriptors_; })) {
      return;
    }
    const Descriptors now = open_descriptors();
    for (const auto& [number, target] : now) {
      const auto before = descriptors_.find(number);
      if (before == descriptors_.end()) {
        ADD_FAILURE() << "the test leaked descriptor " << number << " -> " << target;
      } else if (before->second != target) {
        ADD_FAILURE() << "the test replaced descriptor " << number << ": " << before->second
                      << " is now " << target;
      }
    }
    for (const auto& [number, target] : descriptors_) {
      if (!now.contains(number)) {
        ADD_FAILURE() << "the test closed descriptor " << number << " -> " << target
                      << ", which was not its own";
      }
    }
  }

  void check_signal_mask() const {
    const sigset_t now = blocked_signals();
    std::string changed;
    for (int signal = 1; signal < NSIG; ++signal) {
      if (sigismember(&now, signal) != sigismember(&blocked_, signal)) {
        changed += " " + std::to_string(signal);
      }
    }
    EXPECT_EQ(changed, "") << "the test left these signals blocked or unblocked";
  }

  Descriptors descriptors_{};
  sigset_t blocked_{};
  bool has_watchdog_ = false;
};

}  // namespace

std::unique_ptr<testing::TestEventListener> make_leak_check() {
  return std::make_unique<LeakCheck>();
}

}  // namespace tend::test
