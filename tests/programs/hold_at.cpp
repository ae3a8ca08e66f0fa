// hold_at open PID PROGRAM...      holds PROGRAM when it is about to open a pidfd of PID
// hold_at signal NUMBER PROGRAM... holds it when it is about to send this signal by a pidfd
//
// Prints "held" then, and lets it go on after a line on stdin; ends with its exit code. So a test
// can do in between what otherwise would have to happen within a microsecond.

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

void* as_pointer(long value) { return reinterpret_cast<void*>(value); }

/// Whether it is at the entry of the call that is waited for.
bool is_at(pid_t traced, std::string_view where, unsigned long argument) {
  __ptrace_syscall_info info{};
  ::ptrace(PTRACE_GET_SYSCALL_INFO, traced, as_pointer(sizeof info), &info);
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) {
    return false;
  }
  return where == "open" ? info.entry.nr == SYS_pidfd_open && info.entry.args[0] == argument
                         : info.entry.nr == SYS_pidfd_send_signal && info.entry.args[1] == argument;
}

void hold() {
  std::puts("held");
  std::fflush(stdout);
  while (std::getchar() != '\n') {
    if (std::feof(stdin)) {
      std::exit(99);
    }
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    return 98;
  }
  const unsigned long argument = std::strtoul(words[2], nullptr, 10);
  const pid_t traced = ::fork();
  if (traced == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    ::execv(words[3], words + 3);
    return 97;
  }
  int status = 0;
  ::waitpid(traced, &status, 0);
  ::ptrace(PTRACE_SETOPTIONS, traced, nullptr,
           as_pointer(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
  bool is_done = false;
  int signal = 0;
  while (true) {
    ::ptrace(is_done ? PTRACE_CONT : PTRACE_SYSCALL, traced, nullptr, as_pointer(signal));
    if (::waitpid(traced, &status, 0) != traced) {
      return 96;
    }
    if (!WIFSTOPPED(status)) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const bool is_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
    signal = is_call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    if (is_call && is_at(traced, words[1], argument)) {
      hold();
      is_done = true;
    }
  }
}
