#include <errno.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "os/raw/calls.hpp"
#include "service/keeper/keeper.hpp"
#include "service/keeper/say.hpp"

namespace tend::service::keeper {

namespace raw = os::raw;

namespace {

constexpr int exit_own_failure = 125;
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;
constexpr std::size_t path_max = 4096;

/// Everything but what cannot be blocked and what a fault of our own raises: forwarded to the
/// program, except SIGCHLD.
constexpr raw::SignalBits forwarded_signals =
    ~(raw::bit_of(SIGKILL) | raw::bit_of(SIGSTOP) | raw::bit_of(SIGSEGV) | raw::bit_of(SIGBUS) |
      raw::bit_of(SIGFPE) | raw::bit_of(SIGILL) | raw::bit_of(SIGTRAP) | raw::bit_of(SIGSYS) |
      raw::bit_of(SIGABRT));

const char* path_variable(char* const* environment) noexcept {
  for (; *environment != nullptr; ++environment) {
    const char* entry = *environment;
    if (entry[0] == 'P' && entry[1] == 'A' && entry[2] == 'T' && entry[3] == 'H' &&
        entry[4] == '=') {
      return entry + 5;
    }
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

bool contains_slash(const char* name) noexcept {
  for (; *name != '\0'; ++name) {
    if (*name == '/') {
      return true;
    }
  }
  return false;
}

/// Executes `command` as the shell finds it: by PATH unless its name has a slash. Returns the errno
/// of the first candidate that exists and could not be executed, else ENOENT.
long execute(char* const* command, char* const* environment) noexcept {
  const char* name = command[0];
  if (contains_slash(name)) {
    return -raw::execve(name, command, environment);
  }
  long error = ENOENT;
  char candidate[path_max];
  const std::size_t name_bytes = __builtin_strlen(name);
  for (const char* part = path_variable(environment);; ++part) {
    std::size_t bytes = 0;
    while (part[bytes] != '\0' && part[bytes] != ':') {
      ++bytes;
    }
    if (name_bytes != 0 && bytes + name_bytes + 2 <= path_max) {
      __builtin_memcpy(candidate, part, bytes);
      candidate[bytes] = '/';
      // An empty part of PATH is the current directory.
      const std::size_t at = bytes == 0 ? 0 : bytes + 1;
      __builtin_memcpy(candidate + at, name, name_bytes + 1);
      const long result = -raw::execve(candidate, command, environment);
      if (result != ENOENT && result != ENOTDIR && error == ENOENT) {
        error = result;
      }
    }
    part += bytes;
    if (*part == '\0') {
      return error;
    }
  }
}

void say_why(const char* program, long error) noexcept {
  switch (error) {
    case ENOENT: say(program, ": not found; check the spelling and PATH"); return;
    case EACCES: say(program, ": permission denied, or not a program"); return;
    case ENOEXEC:
      say(program, ": not a format that can be executed; a script needs a #! line");
      return;
    default:
      say(program, ": cannot be executed");
      say("errno ", error);
      return;
  }
}

[[noreturn]] void become(char* const* command, char* const* environment) noexcept {
  // A group of its own, in the foreground if there is a terminal: Ctrl-C reaches it once.
  raw::syscall(__NR_setpgid, 0, 0);
  const long group = raw::getpid();
  raw::syscall(__NR_ioctl, 0, 0x5410 /* TIOCSPGRP */, &group);
  for (int signal = 1; signal < 65; ++signal) {
    struct {
      void (*handler)(int);
      unsigned long flags;
      void (*restorer)();
      raw::SignalBits mask;
    } action{};
    raw::syscall(__NR_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
  }
  raw::set_signal_mask(0);
  const long error = execute(command, environment);
  say_why(command[0], error);
  raw::exit_process(error == ENOENT ? exit_not_found : exit_not_executable);
}

int exit_code_of(const siginfo_t& info) noexcept {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

/// Passes signals on until a child ended. A stopped program is continued by SIGCONT like any other.
void forward_until_child_ends(int signals, int pid) noexcept {
  pollfd watched{.fd = signals, .events = POLLIN, .revents = 0};
  for (;;) {
    raw::ppoll(&watched, 1, nullptr);
    signalfd_siginfo info{};
    bool has_child_ended = false;
    while (raw::read(signals, &info, sizeof info) == static_cast<long>(sizeof info)) {
      if (info.ssi_signo == SIGCHLD) {
        has_child_ended = true;
      } else {
        // The program is not reaped before we see its end, so its pid is its own.
        raw::kill(pid, static_cast<int>(info.ssi_signo));
      }
    }
    if (has_child_ended) {
      return;
    }
  }
}

}  // namespace

int init(char* const* command, char* const* environment) noexcept {
  raw::set_signal_mask(forwarded_signals);
  raw::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto signals = static_cast<int>(raw::signalfd(forwarded_signals));
  const auto pid = static_cast<int>(signals < 0 ? signals : raw::fork_process());
  if (pid == 0) {
    become(command, environment);
  }
  if (pid < 0) {
    say("cannot start the program; errno ", -pid);
    return exit_own_failure;
  }
  for (;;) {
    siginfo_t info{};
    const long result = raw::waitid(P_ALL, 0, &info, WEXITED | WNOHANG, nullptr);
    if (result == 0 && info.si_pid == pid) {
      return exit_code_of(info);
    }
    if (result < 0) {
      say("the program was lost; errno ", -result);
      return exit_own_failure;
    }
    if (info.si_pid == 0) {
      forward_until_child_ends(signals, pid);
    }
  }
}

}  // namespace tend::service::keeper
