// The floor of being PID 1: starts a command, reaps whatever ends, passes signals on, and ends as
// the command does: miniinit COMMAND [ARGUMENT...]

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  const pid_t command = vfork();
  if (command == 0) {
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  while (true) {
    const int signal = sigwaitinfo(&all, nullptr);
    if (signal != SIGCHLD) {
      kill(command, signal);
      continue;
    }
    int status = 0;
    for (pid_t ended = waitpid(-1, &status, WNOHANG); ended > 0;
         ended = waitpid(-1, &status, WNOHANG)) {
      if (ended == command) {
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
    }
  }
}
