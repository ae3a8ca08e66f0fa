// The floor of supervising: starts COUNT copies of a program, starts each that ends anew at once,
// and ends them all on SIGTERM. No log, no order, no readiness, no memory of what happened.
//
//   minisup COUNT PROGRAM [ARGUMENT...]

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

sigset_t all_signals() {
  sigset_t set;
  sigfillset(&set);
  return set;
}

pid_t start(char* const* argv) {
  const pid_t child = vfork();
  if (child == 0) {
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execv(argv[0], argv);
    _exit(127);
  }
  return child;
}

/// Starts anew whatever has ended.
void restart_the_ended(std::vector<pid_t>& services, char* const* argv) {
  while (true) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended <= 0) {
      return;
    }
    for (pid_t& service : services) {
      if (service == ended) {
        service = start(argv);
        break;
      }
    }
  }
}

void stop(const std::vector<pid_t>& services) {
  for (const pid_t service : services) {
    kill(service, SIGTERM);
  }
  while (waitpid(-1, nullptr, 0) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 2 ? std::atoi(argv[1]) : 0;
  if (count <= 0) {
    std::fputs("usage: minisup COUNT PROGRAM [ARGUMENT...]\n", stderr);
    return 2;
  }
  const sigset_t all = all_signals();
  sigprocmask(SIG_SETMASK, &all, nullptr);
  std::vector<pid_t> services(static_cast<std::size_t>(count));
  for (pid_t& service : services) {
    service = start(argv + 2);
  }
  while (true) {
    const int signal = sigwaitinfo(&all, nullptr);
    if (signal == SIGCHLD) {
      restart_the_ended(services, argv + 2);
    } else if (signal == SIGTERM) {
      stop(services);
      return 0;
    }
  }
}
