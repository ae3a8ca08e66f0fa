// kill_at MODE ...: kills a process by SIGKILL when it enters its N-th system call, counted from
// the beginning, all calls alike. With N = 0 it only counts.
//
//   kill_at attach N PID                   a process that runs already
//   kill_at child N PID                    the next child that PID forks, from its first call on
//   kill_at become N REPORT -- PROGRAM...  this process, which becomes PROGRAM and keeps its pid
//
// The first two print "attached", and at the end of their stdin "calls N NAME" or "killed N NAME":
// how many calls were seen, and the number of the last one in <asm/unistd.h>. The third writes that
// line to the file REPORT when the process has ended.

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

struct Trace {
  long kill_at = 0;
  pid_t victim = 0;  ///< 0: the next child is it.
  pid_t parent = 0;  ///< Whose child it will be.
  long calls = 0;
  long last_call = -1;
  bool waits_for_exec = false;  ///< Its calls before that do not count.
  bool is_killed = false;
  bool has_ended = false;

  std::string line() const {
    return std::string(is_killed ? "killed " : "calls ") + std::to_string(calls) + " " +
           std::to_string(last_call) + "\n";
  }
};

void* as_pointer(long value) { return reinterpret_cast<void*>(value); }

long request(auto what, pid_t pid, long data = 0, void* address = nullptr) {
  return ::ptrace(what, pid, address, as_pointer(data));
}

/// At the entry or at the exit of a call.
void note_call(Trace& trace) {
  __ptrace_syscall_info info{};
  request(PTRACE_GET_SYSCALL_INFO, trace.victim, reinterpret_cast<long>(&info),
          as_pointer(sizeof info));
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY || trace.waits_for_exec) {
    return;
  }
  trace.last_call = static_cast<long>(info.entry.nr);
  if (++trace.calls == trace.kill_at) {
    ::kill(trace.victim, SIGKILL);
    trace.is_killed = true;
  }
}

/// Lets a stopped tracee go on as if nobody had looked.
void continue_after(Trace& trace, pid_t pid, int status) {
  const auto go_on = pid == trace.victim ? PTRACE_SYSCALL : PTRACE_CONT;
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP)) {
    request(PTRACE_LISTEN, pid);  // A real stop: until somebody sends CONT.
  } else if (event != 0) {
    trace.waits_for_exec &= event != PTRACE_EVENT_EXEC;
    request(go_on, pid);
  } else if (signal == (SIGTRAP | 0x80)) {
    note_call(trace);
    request(go_on, pid);
  } else {
    request(go_on, pid, signal);
  }
}

void look(Trace& trace) {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL | WNOHANG)) > 0;) {
    if (!WIFSTOPPED(status)) {
      trace.has_ended |= pid == trace.victim;
      continue;
    }
    if (pid != trace.victim && pid != trace.parent) {
      if (trace.victim == 0) {
        trace.victim = pid;
      } else {
        request(PTRACE_DETACH, pid);  // Another child: not ours.
        continue;
      }
    }
    continue_after(trace, pid, status);
  }
}

/// Until `end` is readable or the victim has ended. An exit of ours lets all tracees go on.
void follow(Trace& trace, int end) {
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const int children = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  for (;;) {
    look(trace);
    if (end < 0 && trace.has_ended) {
      return;
    }
    pollfd watched[] = {{.fd = children, .events = POLLIN, .revents = 0},
                        {.fd = end, .events = POLLIN, .revents = 0}};
    ::poll(watched, 2, -1);
    signalfd_siginfo info{};
    while (::read(children, &info, sizeof info) > 0) {
    }
    if (watched[1].revents != 0) {
      look(trace);
      return;
    }
  }
}

bool seize(pid_t pid, long options) {
  if (request(PTRACE_SEIZE, pid, options | PTRACE_O_TRACESYSGOOD) != 0) {
    std::perror("kill_at: PTRACE_SEIZE");
    return false;
  }
  return true;
}

/// A running tracee stops at calls only from its next stop on.
void begin(const Trace& trace) { request(PTRACE_INTERRUPT, trace.victim); }

int attach(Trace trace, pid_t pid, bool wants_child) {
  if (!seize(pid,
             wants_child ? PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK : 0)) {
    return 1;
  }
  (wants_child ? trace.parent : trace.victim) = pid;
  if (!wants_child) {
    begin(trace);
  }
  std::puts("attached");
  std::fflush(stdout);
  follow(trace, STDIN_FILENO);
  std::fputs(trace.line().c_str(), stdout);
  return 0;
}

[[noreturn]] void trace_our_grandparent(Trace trace, const char* report, int ready) {
  trace.waits_for_exec = true;
  const bool is_ready = seize(trace.victim, PTRACE_O_TRACEEXEC);
  begin(trace);
  if (!is_ready || ::write(ready, "", 1) != 1) {
    ::_exit(1);
  }
  ::close(ready);
  follow(trace, -1);
  if (std::FILE* file = std::fopen(report, "we")) {
    std::fputs(trace.line().c_str(), file);
    std::fclose(file);
  }
  ::_exit(0);
}

/// The tracer is nobody's child, so that the program finds no child that it does not know.
int become(Trace trace, const char* report, char** program) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) {
    return 1;
  }
  trace.victim = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) {
      ::setsid();
      trace_our_grandparent(trace, report, ready[1]);
    }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  ::close(ready[1]);
  char byte = 0;
  if (::read(ready[0], &byte, 1) != 1) {
    return 1;
  }
  ::close(ready[0]);
  ::execvp(program[0], program);
  std::perror(program[0]);
  return 127;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("kill_at: see the head of its source\n", stderr);
    return 2;
  }
  const std::string_view mode = argv[1];
  const Trace trace{.kill_at = std::atol(argv[2])};
  if (mode == "become" && argc > 5) {
    return become(trace, argv[3], argv + 5);
  }
  return attach(trace, std::atoi(argv[3]), mode == "child");
}
